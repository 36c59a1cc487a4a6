import { topicOf } from "../../src/keys.ts";
import { Foreigner } from "../foreign.ts";

/** Leaves no topics of the namespace: a broker starts the more slowly, the more partitions it has. */
export async function clear(url: string, namespace: string): Promise<void> {
  await using foreign = await Foreigner.at(url);
  const topics = ["queue", "positions", "letters"].map((use) => topicOf("muster", namespace, use));
  await foreign.admin.deleteTopics({ topics });
}
