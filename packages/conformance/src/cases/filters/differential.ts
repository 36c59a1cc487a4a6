/** Generated filters over generated documents: the registry against the evaluator. */

import { setImmediate as turn } from "node:timers/promises";
import { and, attached, type Filter, identity, or, parseFilter, registeredAt } from "@muster/filter";
import { generateDocument, generateFilter, generatorSchema, type Random } from "@muster/filter/corpus";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import { numbered, startSession } from "../support.ts";
import { indexing } from "./corpus.ts";
import { expectAsEvaluated, type Population, populate } from "./support.ts";

const DOCUMENTS = 60;
const SESSION = "the-living";
/** Filters asked before timers and signals get their turn. */
export const STRETCH = 50;

/** Documents of every shape, half of them served by a live session. */
export async function generatedPopulation(ctx: RegistryContext): Promise<Population> {
  await startSession(ctx, SESSION);
  const documents = numbered("document", DOCUMENTS).map((identity, index) => ({
    identity,
    metadata: generateDocument(ctx.random),
    ...(index % 2 === 0 ? { session: SESSION } : {}),
  }));
  return populate(ctx, documents, { attachedTo: SESSION });
}

/** One that any caller could have written; now and then about more than the metadata. */
export function generatedFilter(random: Random, { all }: Population): Filter {
  const schema = random() < 0.5 ? generatorSchema : undefined;
  const generated = parseFilter(generateFilter(random), { schema });
  if (random() < 0.85) return generated;
  const one = pick(random, [...all.values()]);
  const facts = [
    identity.gte(one.identity),
    identity.startswith(one.identity.slice(0, -1)),
    attached(random() < 0.5),
    registeredAt.lte(one.registeredAt),
  ];
  return (random() < 0.5 ? and : or)(generated, pick(random, facts));
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)] as T; // Random numbers are below 1, and nothing empty is given.
}

async function ask(ctx: RegistryContext): Promise<void> {
  const plain = await generatedPopulation(ctx);
  const indexed = { ...plain, registry: await ctx.peer({ schema: indexing(generatorSchema) }) };
  for (let asked = 0; asked < ctx.filters; asked += 1) {
    if (asked % STRETCH === 0) await turn();
    ctx.call.signal.throwIfAborted();
    await expectAsEvaluated(ctx, asked % 2 === 0 ? plain : indexed, generatedFilter(ctx.random, plain));
  }
}

export const differentialCases: readonly RegistryCase[] = [
  {
    id: "registry/filters/differential",
    rule: "Generated filters select exactly the documents that the evaluator selects, in scans, route scans and counts.",
    slot: "registry",
    run: ask,
  },
];
