import { kafkaRecipe } from "./kafka.ts";
import { natsCurrentRecipe } from "./nats-current.ts";
import { natsRecipe } from "./nats.ts";
import { postgresRecipe } from "./postgres.ts";
import { rabbitmqRecipe } from "./rabbitmq.ts";
import type { Recipe } from "./recipe.ts";
import { redisRecipe } from "./redis.ts";
import type { ServerKind } from "./server.ts";

export const recipes: Readonly<Record<ServerKind, Recipe>> = {
  redis: redisRecipe,
  nats: natsRecipe,
  postgres: postgresRecipe,
  rabbitmq: rabbitmqRecipe,
  kafka: kafkaRecipe,
  "nats-current": natsCurrentRecipe,
};
