import { cacheFolder } from "./builds.ts";
import { goBuild } from "./go-build.ts";
import { natsRecipe } from "./nats.ts";
import type { Recipe } from "./recipe.ts";

const VERSION = "v2.15.3";

const { debianPackage: _, ...likeDebians } = natsRecipe;

/** A NATS server of today, beside the one of the distribution: built from its Go module, where there is Go. */
export const natsCurrentRecipe: Recipe = {
  ...likeDebians,
  imageVariable: "MUSTER_NATS_CURRENT_IMAGE",
  image: "nats:2.15-alpine",
  urlVariable: "MUSTER_NATS_CURRENT_URL",
  build: goBuild(`github.com/nats-io/nats-server/v2@${VERSION}`, () => cacheFolder(`nats-server-${VERSION}`)),
};
