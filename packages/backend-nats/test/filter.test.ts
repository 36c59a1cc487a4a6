import { compileFilter, parseFilter } from "@muster/filter";
import { generateDocument, generateFilter, seededRandom } from "@muster/filter/corpus";
import { assert, expect, test } from "vitest";
import { selectorOf } from "../src/filter.ts";

const SEED = Number(process.env["MUSTER_SEED"] ?? 4_711);
const FILTERS = Number(process.env["MUSTER_FILTERS"] ?? 1_000);
const DOCUMENTS = 20;

test(`what is stored is selected as the evaluator selects it (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const documents = Array.from({ length: DOCUMENTS }, () => generateDocument(random));
  let selected = 0;
  for (let count = 0; count < FILTERS; count += 1) {
    const filter = parseFilter(generateFilter(random));
    const [selects, matches] = [selectorOf(filter), compileFilter(filter)];
    for (const [index, metadata] of documents.entries()) {
      const facts = { identity: `sensor-${index}`, registeredAt: index };
      const isSelected = selects({ ...facts, metadata: JSON.stringify(metadata) });
      assert.equal(isSelected, matches(metadata, { ...facts, attached: false }), JSON.stringify({ filter, metadata }));
      if (isSelected) selected += 1;
    }
  }
  assert.isAbove(selected, 0);
});

test("a filter may ask who it is and since when it has been there", () => {
  const selects = selectorOf(parseFilter({ $identity: "a", $registeredAt: { $gte: 5 } }));
  expect(selects({ identity: "a", registeredAt: 5, metadata: "{}" })).toBe(true);
  expect(selects({ identity: "b", registeredAt: 5, metadata: "{}" })).toBe(false);
  expect(selects({ identity: "a", registeredAt: 4, metadata: "{}" })).toBe(false);
});

test("without a filter everything is selected, and nothing is parsed", () => {
  expect(selectorOf(undefined)({ identity: "a", registeredAt: 1, metadata: "no JSON" })).toBe(true);
});
