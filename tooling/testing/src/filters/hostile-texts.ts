import type { Call, FieldType, RegistryBackend, Scope } from "@muster/core/slots";
import { type Filter, type Path, where } from "@muster/filter";
import { describe, expect, test } from "vitest";
import { entry } from "../entries.ts";
import { collected } from "../pages.ts";
import { selected } from "./asking.ts";
import { filling } from "./filling.ts";
import { schemaIndexing } from "./schemas.ts";

const CALL: Call = { signal: new AbortController().signal };

/** What ends a text, a key or a comment in one dialect or another. */
const TEXTS = [
  "' or '1'='1",
  '"; drop table registrations; --',
  "$1",
  "{a,b}",
  '{"a":null}',
  "E'\\x27'",
  "/* */ --",
  "%' or true --",
  "a'||'b",
  "\u0027 or 1=1",
  "null",
  "\\",
];

/**
 * Defines the tests of a store that is asked with statements.
 *
 * @param statements in its dialect, with what may come before them.
 */
export function describeHostileTexts(
  open: (scope: Partial<Scope>) => Promise<RegistryBackend>,
  statements: readonly string[],
): void {
  const hostile = [...statements, ...TEXTS];

  describe("texts that would be statements", () => {
    test("are data as keys, values, identities, sessions and addresses", async () => {
      const documents = hostile.map((text, i) => ({
        id: `${text}-${i}`,
        metadata: { [text]: { [text]: text }, text },
      }));
      const paths = hostile.map((text): readonly [Path, FieldType] => [[text, text], "string"]);
      await using registry = await filling(open)(documents, schemaIndexing([...paths, [["text"], "string"]]));
      for (const [i, text] of hostile.entries()) {
        const id = `${text}-${i}`;
        for (const filter of filtersFor(text, id)) expect(await selected(registry, filter)).toContain(id);
        const [stored] = await registry.getMany([id], CALL);
        const changes = { session: text, address: text, attempt: text, mode: "replace" as const };
        const [outcome] = await registry.setMany([entry(id, changes)], CALL);
        expect(outcome).toMatchObject({ stored: { session: text, address: text, attempt: text } });
        expect(stored?.metadata).toEqual(documents[i]?.metadata);
        const served = await collected(registry.scan({ session: text, pageSize: 10 }, CALL));
        expect(served.map(({ identity }) => identity)).toEqual([id]);
      }
      expect((await registry.census(CALL)).counted).toBe(hostile.length);
    });

    test("are data as namespaces, each of which has its own", async () => {
      for (const namespace of hostile) {
        await using registry = await open({ namespace, maxIdentities: 1 });
        await registry.setMany([entry("a", { metadata: { of: namespace } })], CALL);
      }
      for (const namespace of hostile) {
        await using registry = await open({ namespace });
        expect(await selected(registry, where("of").eq(namespace))).toEqual(["a"]);
        expect((await registry.census(CALL)).counted).toBe(1);
      }
    });
  });
}

function filtersFor(text: string, id: string): readonly Filter[] {
  const path: Path = [text, text];
  return [
    { op: "eq", path, value: text },
    { op: "startswith", path, value: text },
    { op: "contains", path, value: text },
    { op: "endswith", path, value: text },
    { op: "in", path, value: [text, { [text]: text }] },
    { op: "gte", path, value: text },
    { op: "not", node: { op: "nin", path, value: [text] } },
    where("text").eq(text),
    { op: "eq", about: "identity", value: id },
  ];
}
