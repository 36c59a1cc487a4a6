import { equality } from "./equality.ts";
import { facts, identities } from "./facts.ts";
import { geo } from "./geo.ts";
import type { CorpusGroup } from "./group.ts";
import { limits } from "./limits.ts";
import { logic } from "./logic.ts";
import { order } from "./order.ts";
import { paths } from "./paths.ts";
import { schemas } from "./schema.ts";
import { spellings } from "./spellings.ts";
import { text } from "./text.ts";

export { generateDocument, generateFilter, generatorSchema } from "./generator.ts";
export type { CorpusCase, CorpusDocument, CorpusGroup } from "./group.ts";
export { type Random, seededRandom } from "./random.ts";
export { sortedValues } from "./sorting.ts";

/** What filters mean, case by case; every expectation was written from the rules, none taken from an implementation. */
export const corpus: readonly CorpusGroup[] = [
  spellings,
  paths,
  equality,
  order,
  text,
  logic,
  geo,
  schemas,
  identities,
  facts,
  limits,
];
