/** The facet by itself: what a registry takes of a filter, and what it leaves for core. */

import assert from "node:assert/strict";
import type { FilterFacet, RegistryBackend } from "@muster/core/slots";
import { attached, compileFilter, type Filter, formatFilter, type Leaf, parseFilter } from "@muster/filter";
import { corpus } from "@muster/filter/corpus";
import type { RegistryCase, RegistryContext } from "../../case.ts";
import { generatedFilter, generatedPopulation } from "./differential.ts";
import { factsOf } from "./support.ts";

const FILTERS = 150;

function hasFilters({ filters }: RegistryBackend): boolean {
  return filters !== undefined;
}

function facetOf({ filters }: RegistryBackend): FilterFacet {
  assert.ok(filters !== undefined, "the facet that was there when the run was planned");
  return filters;
}

function corpusFilters(): readonly Filter[] {
  const legal = corpus.flatMap(({ cases }) => cases.filter(({ error }) => error === undefined));
  return legal.map(({ filter, schema }) => parseFilter(filter, { schema }));
}

function leavesOf(filter: Filter | undefined): readonly Leaf[] {
  if (filter === undefined) return [];
  if (filter.op === "and" || filter.op === "or") return filter.nodes.flatMap(leavesOf);
  return filter.op === "not" ? leavesOf(filter.node) : [filter];
}

/** Every filter of the corpus and some generated ones, each with what the facet makes of it. */
async function eachSplit(
  ctx: RegistryContext,
  look: (filter: Filter, split: ReturnType<FilterFacet["split"]>) => void,
): Promise<void> {
  const facet = facetOf(ctx.backend);
  const population = await generatedPopulation(ctx);
  const generated = Array.from({ length: FILTERS }, () => generatedFilter(ctx.random, population));
  for (const filter of [...corpusFilters(), ...generated]) look(filter, facet.split(filter));
}

export const splitCases: readonly RegistryCase[] = [
  {
    id: "registry/filters/split-is-total",
    rule: "Every legal filter splits without an error into a native part, a residual part, or both.",
    slot: "registry",
    applies: hasFilters,
    run: async (ctx) =>
      eachSplit(ctx, (filter, { native, residual }) => {
        const about = JSON.stringify(formatFilter(filter));
        assert.ok(native !== undefined || residual !== undefined, `something is left of ${about}`);
      }),
  },
  {
    id: "registry/filters/split-is-pure",
    rule: "The same filter splits the same way each time, open or not, and is not changed by it.",
    slot: "registry",
    applies: hasFilters,
    async run(ctx) {
      const closed = facetOf(ctx.fresh());
      await eachSplit(ctx, (filter, split) => {
        const before = JSON.stringify(filter);
        assert.deepEqual(facetOf(ctx.backend).split(filter), split);
        assert.deepEqual(closed.split(filter), split);
        assert.equal(JSON.stringify(filter), before);
      });
    },
  },
  {
    id: "registry/filters/split-keeps-the-meaning",
    rule: "The native and the residual part hold together wherever the whole filter holds, and nowhere else.",
    slot: "registry",
    applies: hasFilters,
    async run(ctx) {
      const population = await generatedPopulation(ctx);
      const facet = facetOf(ctx.backend);
      for (let asked = 0; asked < FILTERS; asked += 1) {
        const filter = generatedFilter(ctx.random, population);
        const { native, residual } = facet.split(filter);
        const [whole, ...parts] = [filter, native, residual].map((part) => part && compileFilter(part));
        for (const one of population.all.values()) {
          const facts = factsOf(population, one);
          const holds = parts.every((part) => part?.(one.metadata, facts) ?? true);
          const about = (): string => `${JSON.stringify(formatFilter(filter))} on ${JSON.stringify(one.metadata)}`;
          if (holds !== whole?.(one.metadata, facts)) assert.fail(`native and residual are not the whole: ${about()}`);
        }
      }
    },
  },
  {
    id: "registry/filters/regex-is-never-native",
    rule: "No native part holds a regular expression: engines differ.",
    slot: "registry",
    applies: hasFilters,
    run: async (ctx) =>
      eachSplit(ctx, (filter, { native }) => {
        const pushed = leavesOf(native).filter(({ op }) => op === "regex");
        assert.deepEqual(pushed, [], `of ${JSON.stringify(formatFilter(filter))}`);
      }),
  },
  {
    id: "registry/filters/attached-is-never-native",
    rule: "No native part asks whether a registration is attached: only core knows.",
    slot: "registry",
    applies: hasFilters,
    async run(ctx) {
      const { native } = facetOf(ctx.backend).split(attached());
      assert.equal(native, undefined);
      await eachSplit(ctx, (filter, split) => {
        const pushed = leavesOf(split.native).filter((leaf) => "about" in leaf && leaf.about === "attached");
        assert.deepEqual(pushed, [], `of ${JSON.stringify(formatFilter(filter))}`);
      });
    },
  },
];
