import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { corpus, generateDocument, generateFilter, generatorSchema, seededRandom } from "../src/corpus/index.ts";
import { compileFilter, type Facts, type FilterInput, type JsonValue, parseFilter, textTest } from "../src/index.ts";

const FACTS: Facts = { identity: "sensor-1", registeredAt: 1_000, attached: true };

/** What a test lets pass of these values of a field `f`, as JSON texts; `undefined` where there is no test. */
function passed(filter: FilterInput, values: readonly JsonValue[]): readonly string[] | undefined {
  const test = textTest(parseFilter(filter));
  return (
    test && values.filter((value) => test(JSON.stringify({ id: 1, f: value, z: 0 }))).map((v) => JSON.stringify(v))
  );
}

describe("textTest", () => {
  it("rules out nothing that a case of the corpus matches", () => {
    let tests = 0;
    for (const { documents, cases } of corpus) {
      for (const { filter, schema, matches } of cases) {
        if (matches === undefined) continue;
        const test = textTest(parseFilter(filter, { schema }));
        if (test === undefined) continue;
        tests += 1;
        const texts = documents
          .filter(({ id }) => matches.includes(id))
          .map(({ metadata }) => JSON.stringify(metadata));
        expect(texts.filter((text) => !test(text))).toEqual([]);
      }
    }
    expect(tests).toBeGreaterThan(150);
  });

  it("rules out nothing that the evaluator matches, but some of the rest", { timeout: 60_000 }, () => {
    let [ruledOut, asked] = [0, 0];
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, typed) => {
        const random = seededRandom(seed);
        const filter = parseFilter(generateFilter(random), typed ? { schema: generatorSchema } : {});
        const test = textTest(filter) ?? (() => true);
        const matches = compileFilter(filter);
        for (let round = 0; round < 20; round += 1) {
          const metadata = generateDocument(random);
          const isPassed = test(JSON.stringify(metadata));
          if (!isPassed && matches(metadata, FACTS)) expect.fail(JSON.stringify({ filter, metadata }));
          asked += 1;
          ruledOut += Number(!isPassed);
        }
      }),
      { numRuns: 5_000 },
    );
    expect(ruledOut / asked).toBeGreaterThan(0.3);
  });

  it("finds any string by itself, its beginning, its end and its middle, however it is escaped", () => {
    const storable = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"));
    fc.assert(
      fc.property(storable, storable, storable, (head, middle, tail) => {
        const value = head + middle + tail;
        const asked: readonly FilterInput[] = [
          { f: { $eq: value } },
          { f: { $in: ["other", value] } },
          { "f.startswith": head },
          { "f.endswith": tail },
          { "f.contains": middle },
        ];
        for (const filter of asked) expect(passed(filter, [value])).toEqual([JSON.stringify(value)]);
        expect(passed({ "f.contains": value }, [[value]])).toHaveLength(1);
      }),
    );
  });

  it("finds any number by itself and by its order", () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(finite, finite, (value, other) => {
        expect(passed({ f: value }, [value])).toHaveLength(1);
        for (const op of ["lt", "lte", "gt", "gte"]) {
          const filter = { [`f.${op}`]: other };
          const isMatch = compileFilter(parseFilter(filter))({ f: value });
          expect(passed(filter, [value])).toHaveLength(Number(isMatch));
        }
      }),
    );
  });

  it.each<[FilterInput, readonly JsonValue[], readonly string[]]>([
    [{ f: "on" }, ["on", "online", "off", 1, null, ["on"]], ['"on"']],
    [{ f: 5 }, [5, 50, 5.5, -5, "5", [5]], ["5"]],
    [{ f: true }, [true, false, "true"], ["true"]],
    [{ f: null }, [null, 0, "null"], ["null"]],
    [{ "f.in": ["a", 1] }, ["a", "b", 1, 10, "1"], ['"a"', "1"]],
    [{ "f.lt": 0.2 }, [0.1, 0.2, -1, 5e-324, 1e300, "0.1", null], ["0.1", "-1", "5e-324"]],
    [{ "f.gte": "b" }, ["a", "b", 1, ["c"]], ['"a"', '"b"']],
    [{ "f.startswith": "1.0" }, ["1.0", "1.0.3", "1.1", "v1.0", 1.05], ['"1.0"', '"1.0.3"']],
    [{ "f.endswith": ".0" }, ["1.0", ".0.", 1], ['"1.0"']],
    [{ "f.contains": "b" }, ["abc", "ac", ["b"], ["a"], 1], ['"abc"', '["b"]']],
    [{ "f.type": "object" }, [{}, [], "{", 1], ["{}"]],
    [{ f: { $eq: [1] } }, [[1], [2], {}, "[1]"], ["[1]", "[2]"]],
    [{ "o.f": "x" }, ["x", "y"], ['"x"']],
  ])("%j of %j lets pass %j", (filter, values, expected) => {
    expect(passed(filter, values)).toEqual(expected);
  });

  it.each<[FilterInput]>([
    [{ "g.exists": true }],
    [{ "g.ne": 1 }],
    [{ "g.nin": [1] }],
    [{ "g.near": { lat: 0, lon: 0, radiusM: 1 } }],
    [{ "g.regex": "x" }],
    [{ "g.in": Array.from({ length: 100 }, (_, index) => index) }],
    [{ "g.in": [] }],
  ])("rules out by %j whatever lacks the key", (filter) => {
    expect(passed(filter, ["g", { h: 1 }])).toEqual([]);
  });

  it.each<[FilterInput]>([
    [{ "f.exists": false }],
    [{ $not: { f: 1 } }],
    [{ $identity: "a" }],
    [{ "$registeredAt.gt": 0 }],
    [{ $or: [{ f: 1 }, { $not: { f: 2 } }] }],
  ])("there is none for %j", (filter) => {
    expect(textTest(parseFilter(filter))).toBeUndefined();
  });

  it("asks for all of a conjunction, as far as it can, and for one of a disjunction", () => {
    const values = [{ a: 1, b: 2 }, { a: 1 }, { b: 2 }, {}];
    expect(passed({ a: 1, b: 2, $not: { c: 1 } }, values)).toEqual(['{"a":1,"b":2}']);
    expect(passed({ $or: [{ a: 1 }, { b: 2 }] }, values)).toEqual(['{"a":1,"b":2}', '{"a":1}', '{"b":2}']);
  });
});
