/** The corpus of `@muster/filter`: what filters mean, question by question, asked of the registry. */

import type { FieldSchema, IdentitySchema } from "@muster/core/slots";
import { type FilterSchema, parseFilter, parsePath } from "@muster/filter";
import { type CorpusGroup, corpus } from "@muster/filter/corpus";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import { expectAsEvaluated, type Population, populate } from "./support.ts";

/** Asks everything that is no error, once without a schema and once of a client whose schema asks for indexes. */
async function ask(ctx: RegistryContext, { documents, cases }: CorpusGroup): Promise<void> {
  const plain = await populate(
    ctx,
    documents.map(({ id, metadata }) => ({ identity: id, metadata })),
  );
  const schema = cases.find((one) => one.schema !== undefined)?.schema;
  const populations: Population[] = [plain];
  if (schema) populations.push({ ...plain, registry: await ctx.peer({ schema: indexing(schema) }) });
  for (const population of populations) {
    for (const { filter, schema: asked, matches } of cases) {
      if (matches === undefined) continue;
      await expectAsEvaluated(ctx, population, parseFilter(filter, { schema: asked }), new Set(matches));
    }
  }
}

/** As a backend is told of it: with paths, and every field worth an index. */
export function indexing({ fields }: FilterSchema): IdentitySchema {
  const all = Object.entries(fields).map(([key, { type }]): [string, FieldSchema] => [
    key,
    { type: type as FieldSchema["type"], path: parsePath(key), required: false, index: true }, // Named as in a schema.
  ]);
  return { fields: Object.fromEntries(all), additional: "keep" };
}

export const corpusCases: readonly RegistryCase[] = corpus
  .filter((group) => group.evaluatorOnly !== true)
  .map((group) => ({
    id: `registry/filters/corpus-${group.id}`,
    rule: `Every filter of the corpus about ${group.id} selects exactly whom it is said to select.`,
    slot: "registry",
    run: async (ctx) => ask(ctx, group),
  }));
