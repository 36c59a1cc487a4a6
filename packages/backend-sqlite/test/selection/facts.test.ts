import { compareStrings, type JsonValue } from "@muster/filter";
import { generateDocument, seededRandom } from "@muster/filter/corpus";
import Database from "libsql";
import { expect, test } from "vitest";
import { factOf, factsOf, pathOf } from "../../src/selection/facts.ts";

test("numbers order as their facts do", () => {
  const random = seededRandom(4_711);
  const view = new DataView(new ArrayBuffer(8));
  const anyDouble = (): number => {
    view.setUint32(0, random() * 2 ** 32);
    view.setUint32(4, random() * 2 ** 32);
    return view.getFloat64(0);
  };
  const edges = [0, 5e-324, 0.1 + 0.2, 0.3, 1, 2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, 1e308, Number.MAX_VALUE];
  const numbers = [...edges, ...edges.map((edge) => -edge), ...Array.from({ length: 5_000 }, anyDouble)].filter(
    Number.isFinite,
  );
  const byFact = numbers.toSorted((a, b) => compareStrings(factOf(a), factOf(b)));
  expect(byFact).toEqual(numbers.toSorted((a, b) => a - b));
});

test("the two zeros are one", () => {
  expect(factOf(-0)).toBe(factOf(0));
});

test("equal values have equal facts, in whatever order their members stand", () => {
  expect(factsOf({ b: 1, a: { d: [], c: "x" } })).toBe(factsOf({ a: { c: "x", d: [] }, b: 1 }));
});

test("no value of one type has the fact of another", () => {
  const values: JsonValue[] = [null, true, false, 1, "1", "", "z", "b1", "n", [], {}, "[]", "{}", ["s"], { s: 1 }];
  expect(new Set(values.map(factOf)).size).toBe(values.length);
});

test("SQLite finds each fact at its path, whatever the keys are", () => {
  const random = seededRandom(815);
  const database = new Database(":memory:");
  const ask = database.prepare("select jsonb(?1) ->> ?2").raw();
  const keys = ["", "a", "a.b", 'say "x"', "it's", "\\", "é", "😀", "~7e~", "~", "[0]", "$", "a b", "\n", "__proto__"];
  const documents = Array.from({ length: 200 }, () => generateDocument(random));
  for (const document of [...documents, Object.fromEntries(keys.map((key) => [key, { [key]: key }]))]) {
    for (const [key, value] of Object.entries(document)) {
      expect(ask.get([factsOf(document), pathOf([key])]), key).toEqual([factOf(value)]);
    }
    expect(ask.get([factsOf(document), pathOf(["nobody"])])).toEqual([null]);
  }
  for (const key of keys) {
    expect(ask.get([factsOf({ [key]: { [key]: 1 } }), pathOf([key, key])]), key).toEqual([factOf(1)]);
  }
  database.close();
});
