import { randomUUID } from "node:crypto";
import { withServer } from "@muster/servers/vitest";
import { describe, expect, test } from "vitest";
import { appendCatalogueScript } from "../../src/scripts/catalogue.ts";
import { CALL, crowd, expectRare, KIND, PLACE, Place, schemaOf, untilReady } from "./support.ts";

await withServer("redis", { persistent: false }, (server) => {
  describe("a catalogue", { timeout: 60_000 }, () => {
    test("is empty where no schema marks a field", async () => {
      await using place = new Place(server);
      const { catalogue } = await place.open({ fields: {}, additional: "keep" });
      expect(catalogue.current).toMatchObject({ version: "0", fields: [], indexKeys: [] });
      expect(catalogue.entriesOf({ kind: "rare" })).toBe("");
    });

    test("has ready indexes at once where nobody stands", async () => {
      await using place = new Place(server);
      const one = await place.open(schemaOf({ kind: "string", "o.n": "float" }));
      expect(one.catalogue.current.fields).toEqual([
        { path: ["kind"], isReady: true },
        { path: ["o", "n"], isReady: true },
      ]);
      await one.put(crowd(30));
      await expectRare(one, ["id-000000", "id-000010", "id-000020"]);
    });

    test("only ever grows, and each schema adds what it lacks", async () => {
      await using place = new Place(server);
      const first = await place.open(KIND);
      const second = await place.open(schemaOf({ place: "geo_point", kind: "string" }));
      await place.open();
      await first.catalogue.reload(CALL);
      for (const { catalogue } of [first, second]) {
        expect(catalogue.current.fields.map(({ path }) => path)).toEqual([["kind"], ["place"]]);
      }
      expect(first.catalogue.version).toBe(second.catalogue.version);
    });

    test("gets a field once from many who open at the same time", async () => {
      await using place = new Place(server);
      const all = await Promise.all([KIND, PLACE, KIND, PLACE, KIND].map(async (schema) => place.open(schema)));
      await Promise.all(all.map(async ({ catalogue }) => catalogue.reload(CALL)));
      for (const { catalogue } of all) expect(catalogue.current.fields).toHaveLength(2);
    });

    test("has no index of versions, whose order is not that of their text", async () => {
      await using place = new Place(server);
      const { catalogue } = await place.open(schemaOf({ firmware: "semver", kind: "string" }));
      expect(catalogue.current.fields.map(({ path }) => path)).toEqual([["kind"]]);
    });

    test("of a newer release is refused", async () => {
      await using place = new Place(server);
      const { client, store } = await place.open();
      const keys = [store.keys.catalogue, store.keys.order];
      await client.run(appendCatalogueScript, keys, ["0", randomUUID(), '{"v":2,"path":["a"]}'], CALL);
      await expect(place.open()).rejects.toMatchObject({ code: "UNSUPPORTED" });
    });
  });

  test("whoever knows of indexes that are no longer there adds his again before he writes", async () => {
    await using place = new Place(server);
    const one = await place.open(KIND);
    await one.put(crowd(20));
    await one.forgetIndexes();
    const other = await place.open(PLACE);
    await other.put(crowd(10, 100));
    await one.put(crowd(10, 200));
    expect(one.catalogue.current.fields.map(({ path }) => path)).toEqual([["place"], ["kind"]]);
    await untilReady(one);
    await expectRare(one, ["id-000000", "id-000010", "id-000100", "id-000200"]);
  });
});
