import { describe, expect, it } from "vitest";
import { corpus, sortedValues } from "../../src/corpus/index.ts";
import { compareValues, compileFilter, FilterError, formatFilter, parseFilter } from "../../src/index.ts";
import { reference } from "../reference.ts";

const cases = corpus.flatMap((group) => group.cases.map((entry) => ({ group, entry })));

describe("the corpus", () => {
  it("has cases, each with an id of its own", () => {
    expect(cases.length).toBeGreaterThan(300);
    expect(new Set(cases.map(({ entry }) => entry.id)).size).toBe(cases.length);
  });

  it("expects only documents that exist", () => {
    for (const { group, entry } of cases) {
      const ids = new Set(group.documents.map(({ id }) => id));
      expect(entry.matches?.filter((id) => !ids.has(id)) ?? []).toEqual([]);
    }
  });
});

describe.each(corpus)("corpus $id", ({ documents, cases }) => {
  it.each(cases)("$id", ({ filter, schema, matches, error }) => {
    if (error !== undefined) {
      expect(codeOf(() => parseFilter(filter, { schema }))).toBe(error);
      return;
    }
    const parsed = parseFilter(filter, { schema });
    const select = (
      test: (metadata: (typeof documents)[number]["metadata"], facts: ReturnType<typeof factsOf>) => boolean,
    ): string[] => documents.filter((document) => test(document.metadata, factsOf(document))).map(({ id }) => id);
    expect(select(compileFilter(parsed)).sort()).toEqual([...matches].sort());
    expect(select((metadata, facts) => reference(parsed, metadata, facts)).sort()).toEqual([...matches].sort());
    expect(parseFilter(formatFilter(parsed), { schema })).toEqual(parsed);
  });
});

describe("sortedValues", () => {
  it("stand in the order of compareValues", () => {
    const ranked = sortedValues.flatMap((equals, rank) => equals.map((value) => ({ value, rank })));
    for (const a of ranked) {
      for (const b of ranked) {
        const order = Math.sign(compareValues(a.value, b.value));
        expect({ a, b, order }).toEqual({ a, b, order: Math.sign(a.rank - b.rank) });
      }
    }
  });
});

function factsOf(document: { readonly id: string; readonly attached?: boolean; readonly registeredAt?: number }): {
  identity: string;
  attached: boolean;
  registeredAt: number;
} {
  return { identity: document.id, attached: document.attached ?? true, registeredAt: document.registeredAt ?? 0 };
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof FilterError) return error.code;
    throw error;
  }
  return "accepted";
}
