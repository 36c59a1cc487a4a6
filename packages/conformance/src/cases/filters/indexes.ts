/** Filters asked where schemas ask for indexes, of registrations that were written with and without knowing of them. */

import { setImmediate as turn } from "node:timers/promises";
import type { IdentitySchema, Registration, RegistryBackend } from "@muster/core/slots";
import { type Metadata, where } from "@muster/filter";
import { generateDocument, generatorSchema } from "@muster/filter/corpus";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import { deleteOne, entry, numbered, storeAll, storeTime, untilStoreTime } from "../support.ts";
import { indexing } from "./corpus.ts";
import { generatedFilter, STRETCH } from "./differential.ts";
import { expectAsEvaluated, type Population } from "./support.ts";

/** Everything the generator puts into documents; values are of any type, as in a registry whose schema has changed. */
const EVERYTHING: IdentitySchema = indexing({
  fields: {
    ...generatorSchema.fields,
    ...Object.fromEntries(
      ["a", "b", "a\\.b", "\\$x", "o", "o.p", "o.q.r", "tags"].map((key) => [key, { type: "string" }] as const),
    ),
    loc: { type: "geo_point" },
  },
});
/** The same with a spatial index, where there is a choice. */
const SPATIAL: IdentitySchema = {
  ...EVERYTHING,
  fields: Object.fromEntries(
    Object.entries(EVERYTHING.fields).map(([key, field]) => [
      key,
      field.type === "geo_point" ? { ...field, index: "gist" as const } : field,
    ]),
  ),
};
const KIND: IdentitySchema = indexing({ fields: { kind: { type: "string" } } });
const RANK: IdentitySchema = indexing({ fields: { rank: { type: "int" }, kind: { type: "string" } } });

/** Of each writer. */
const DOCUMENTS = 24;
const CROWD = 600;
const ROUNDS = 12;

/** What stands in the namespace, as it was written. */
class Crowd {
  readonly all = new Map<string, Registration>();
  readonly #ctx: RegistryContext;

  constructor(ctx: RegistryContext) {
    this.#ctx = ctx;
  }

  /** Registers, or rewrites what is registered. */
  async write(registry: RegistryBackend, documents: readonly (readonly [string, Metadata])[]): Promise<void> {
    const entries = documents.map(([identity, metadata]) => {
      const standing = this.all.get(identity);
      return entry(identity, { metadata, ...(standing ? { mode: { epoch: standing.epoch } } : {}) });
    });
    const stored = await storeAll(this.#ctx, entries, registry);
    for (const [index, one] of stored.entries()) {
      this.all.set(one.identity, { ...one, metadata: entries[index]?.metadata ?? one.metadata });
    }
  }

  async remove(registry: RegistryBackend, identity: string): Promise<void> {
    const standing = this.all.get(identity);
    if (standing) await deleteOne(this.#ctx, { identity, epoch: standing.epoch }, registry);
    this.all.delete(identity);
  }

  seenBy(registry: RegistryBackend): Population {
    return { registry, all: this.all, attachedTo: undefined };
  }
}

/** Waits until every read sees what has been written. */
async function untilSeen(ctx: RegistryContext): Promise<void> {
  if (ctx.backend.traits.staleMs > 0) await untilStoreTime(ctx, await storeTime(ctx));
}

async function askGenerated(ctx: RegistryContext): Promise<void> {
  const crowd = new Crowd(ctx);
  const plain = ctx.backend;
  const documents = (prefix: string): readonly (readonly [string, Metadata])[] =>
    numbered(prefix, DOCUMENTS).map((identity) => [identity, generateDocument(ctx.random)] as const);
  await crowd.write(plain, documents("before"));
  const indexed = await ctx.peer({ schema: EVERYTHING });
  await crowd.write(plain, documents("unknowing"));
  await crowd.write(indexed, documents("knowing"));
  for (const [writer, prefix] of [
    [plain, "knowing"],
    [indexed, "unknowing"],
    [plain, "before"],
  ] as const) {
    await crowd.write(writer, documents(prefix).slice(0, DOCUMENTS / 2));
    await crowd.remove(writer, `${prefix}-${DOCUMENTS - 1}`);
  }
  await untilSeen(ctx);
  const spatial = await ctx.peer({ schema: SPATIAL });
  const populations = [plain, indexed, spatial].map((registry) => crowd.seenBy(registry));
  for (let asked = 0; asked < ctx.filters; asked += 1) {
    if (asked % STRETCH === 0) await turn();
    ctx.call.signal.throwIfAborted();
    const population = populations[asked % populations.length] ?? crowd.seenBy(plain);
    await expectAsEvaluated(ctx, population, generatedFilter(ctx.random, population));
  }
}

async function askWhileBuilding(ctx: RegistryContext): Promise<void> {
  const crowd = new Crowd(ctx);
  const kinds = (count: number, from: number, every: number): readonly (readonly [string, Metadata])[] =>
    numbered("one", CROWD)
      .slice(from, from + count)
      .map((identity, rank) => [identity, { kind: rank % every === 0 ? "kept" : "noise", rank }]);
  await crowd.write(ctx.backend, kinds(CROWD, 0, 50));
  const writers: RegistryBackend[] = [ctx.backend];
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round === 1) writers.push(await ctx.peer({ schema: KIND }));
    if (round === 4) writers.push(await ctx.peer({ schema: RANK }));
    const writer = writers[round % writers.length] ?? ctx.backend;
    await crowd.write(writer, kinds(40, round * 25, 9 + round));
    await untilSeen(ctx);
    for (const registry of writers) {
      const population = crowd.seenBy(registry);
      await expectAsEvaluated(ctx, population, where("kind").eq("kept"));
      await expectAsEvaluated(ctx, population, where("rank").lt(2 + round));
    }
  }
}

export const filterIndexCases: readonly RegistryCase[] = [
  {
    id: "registry/filters/indexed-differential",
    rule: "Generated filters select the same through indexes, of who was written before these were asked for, of who was written since, and of who was written by somebody who does not know of them.",
    slot: "registry",
    run: askGenerated,
  },
  {
    id: "registry/filters/indexes-asked-for-later",
    rule: "While an index is made that was asked for later nobody is missing and nobody is too many, whoever writes meanwhile.",
    slot: "registry",
    run: askWhileBuilding,
  },
];
