import { seededRandom } from "@muster/filter/corpus";

/** `given`: as in the catalogue; a number: shuffled, the same way for the same number. */
export type Order = "given" | "reverse" | number;

/** A copy, in another order. */
export function ordered<T>(all: readonly T[], order: Order): readonly T[] {
  if (order === "given") return all;
  if (order === "reverse") return all.toReversed();
  const random = seededRandom(order);
  const keyed = all.map((item) => ({ item, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
