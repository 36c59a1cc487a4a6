import { randomUUID } from "node:crypto";
import { type Metadata, where } from "@muster/filter";
import { withServer } from "@muster/servers/vitest";
import { describe, expect, test } from "vitest";
import { decodeMetadata } from "../../src/codec.ts";
import { fillPageScript, readPageScript } from "../../src/scripts/backfill.ts";
import { appendCatalogueScript } from "../../src/scripts/catalogue.ts";
import { STALE_CATALOGUE } from "../../src/scripts/write-keys.ts";
import {
  CALL,
  crowd,
  expectRare,
  KIND,
  PLACE,
  Place,
  type Process,
  RARE,
  rareOf,
  schemaOf,
  untilReady,
} from "./support.ts";

/** What the catalogue has added, but nobody has begun to build: what one that died at once leaves. */
async function append({ client, store: { keys }, catalogue }: Process, path: readonly string[]): Promise<void> {
  const text = JSON.stringify({ v: 1, path });
  const reply = await client.run(
    appendCatalogueScript,
    [keys.catalogue, keys.order],
    [catalogue.version, randomUUID(), text],
    CALL,
  );
  expect(reply).toBe("added");
}

/** What a builder reads before it stops for ever: its claim, and its page. */
async function readFirstPage(
  { client, store: { keys }, catalogue }: Process,
  { claimMs, size }: { readonly claimMs: number; readonly size: number },
): Promise<{ readonly token: string; readonly page: readonly [string, string, number, readonly string[]] }> {
  const token = randomUUID();
  const all = [keys.catalogue, keys.order, keys.records, keys.values];
  const page = await client.run(readPageScript, all, [catalogue.version, token, claimMs, size, 1_000_000], CALL);
  return { token, page: page as readonly [string, string, number, readonly string[]] };
}

/** Its last sign of life: its claim ends with it. */
async function fill(
  { client, store: { keys }, catalogue }: Process,
  token: string,
  [cursor, next, isEnd, entries]: readonly [string, string, number, readonly string[]],
): Promise<unknown> {
  const packed = entries.map((text, at) => (at % 3 === 2 ? catalogue.entriesOf(decodeMetadata(text)) : text));
  return client.run(
    fillPageScript,
    [keys.catalogue, keys.order, keys.values, ...catalogue.indexKeys],
    [catalogue.version, token, 0, cursor, next, isEnd === 1 ? randomUUID() : "", ...packed],
    CALL,
  );
}

await withServer("redis", { persistent: false }, (server) => {
  describe("an index that was not there from the start", { timeout: 60_000 }, () => {
    test("is not asked until everyone who was there is in it", async () => {
      await using place = new Place(server);
      const before = await place.open();
      const records = crowd(2_000);
      await before.put(records);
      await append(before, ["kind"]);
      const blind = await place.connect();
      await blind.catalogue.reload(CALL);
      blind.catalogue.close();
      expect(await blind.candidates(RARE)).toBeUndefined();
      const builder = await place.open(KIND);
      await untilReady(builder);
      await expectRare(builder, rareOf(records));
      await expectRare(blind, rareOf(records));
    });

    test("misses nobody whom a process writes that does not know of it", async () => {
      await using place = new Place(server);
      const old = await place.open();
      await old.put(crowd(1_200));
      const young = await place.open(KIND);
      expect(old.catalogue.version).toBe("0");
      await old.put({ ...crowd(100, 5_000), "id-000001": { kind: "rare" }, "id-000010": { kind: "common" } });
      expect(old.catalogue.version).not.toBe("0");
      await untilReady(young);
      const expected = ["id-000001", ...rareOf({ ...crowd(1_200), ...crowd(100, 5_000) })].filter(
        (id) => id !== "id-000010",
      );
      await expectRare(young, expected.sort());
    });

    test("refuses a writer's script that does not know of it, and nothing of it is applied", async () => {
      await using place = new Place(server);
      const old = await place.open();
      await place.open(KIND);
      const { client, store } = old;
      const reply = await client.run(
        appendCatalogueScript,
        [store.keys.catalogue, store.keys.order],
        [old.catalogue.version, randomUUID(), "{}"],
        CALL,
      );
      expect(reply).toBe(STALE_CATALOGUE);
      await old.catalogue.reload(CALL);
      expect(old.catalogue.current.fields).toHaveLength(1);
    });

    test("is built to its end by another when its builder is killed in the middle", async () => {
      await using place = new Place(server);
      const old = await place.open();
      const records = crowd(1_500);
      await old.put(records);
      await append(old, ["kind"]);
      const killed = await place.connect();
      killed.catalogue.close();
      await killed.catalogue.reload(CALL);
      const { token, page } = await readFirstPage(killed, { claimMs: 10_000, size: 500 });
      expect(await fill(killed, token, page)).toBe("done");
      const changed = { "id-000003": { kind: "rare" }, "id-000700": { kind: "common" }, "id-000710": undefined };
      await old.put(changed);
      const next = await place.open(KIND);
      await untilReady(next);
      const expected = rareOf(records).filter((id) => id !== "id-000700" && id !== "id-000710");
      await expectRare(next, ["id-000003", ...expected].sort());
      expect(await fill(killed, token, page)).toBe(STALE_CATALOGUE);
    });

    test("has one builder at a time, and the one who lost his claim changes nothing", async () => {
      await using place = new Place(server);
      const old = await place.open();
      await old.put(crowd(20));
      await append(old, ["kind"]);
      const [slow, fast] = [await place.connect(), await place.connect()];
      for (const { catalogue } of [slow, fast]) {
        catalogue.close();
        await catalogue.reload(CALL);
      }
      const first = await readFirstPage(slow, { claimMs: 0, size: 10 });
      const second = await readFirstPage(fast, { claimMs: 10_000, size: 10 });
      expect((await readFirstPage(slow, { claimMs: 0, size: 10 })).page).toBeTypeOf("number");
      expect(await fill(slow, first.token, first.page)).toBe("lost");
      expect(await fill(fast, second.token, second.page)).toBe("done");
      expect(await fill(fast, second.token, second.page)).toBe("lost");
    });

    test("keeps what is written between the reading of a page and its filling", async () => {
      await using place = new Place(server);
      const old = await place.open();
      await old.put(crowd(20));
      await append(old, ["kind"]);
      const builder = await place.connect();
      builder.catalogue.close();
      await builder.catalogue.reload(CALL);
      const { token, page } = await readFirstPage(builder, { claimMs: 10_000, size: 100 });
      await old.put({ "id-000000": { kind: "common" }, "id-000001": { kind: "rare" }, "id-000010": undefined });
      expect(await fill(builder, token, page)).toBe("done");
      await expectRare(old, ["id-000001"]);
      expect(await old.candidates(where("kind").eq("common"))).toHaveLength(18);
    });

    test("begins anew when another is added before it is ready", async () => {
      await using place = new Place(server);
      const old = await place.open();
      const records = crowd(700);
      await old.put(records);
      await append(old, ["kind"]);
      const killed = await place.connect();
      killed.catalogue.close();
      await killed.catalogue.reload(CALL);
      const { token, page } = await readFirstPage(killed, { claimMs: 1, size: 500 });
      expect(await fill(killed, token, page)).toBe("done");
      const next = await place.connect(schemaOf({ number: "float" }));
      await next.catalogue.reload(CALL);
      expect(await fill(killed, token, page)).toBe(STALE_CATALOGUE);
      expect((await readFirstPage(killed, { claimMs: 0, size: 1 })).page).toBe(STALE_CATALOGUE);
      const resumed = await place.open();
      await untilReady(resumed);
      await expectRare(resumed, rareOf(records));
      await expectRare(resumed, ["id-000003", "id-000699"], where("number").in([3, 699]));
    });

    test("is complete although writers with different schemas write all the while", async () => {
      await using place = new Place(server);
      const old = await place.open();
      const records: Record<string, Metadata> = { ...crowd(3_000) };
      await old.put(records);
      const [one, two] = [await place.open(KIND), await place.open(PLACE)];
      for (let round = 0; round < 40; round += 1) {
        const writer = [old, one, two][round % 3] ?? old;
        const changed = crowd(60, round * 70);
        const turned = Object.fromEntries(
          Object.entries(changed).map(([id, { number }]) => [
            id,
            { kind: Number(number) % 7 === 0 ? "rare" : "other", number },
          ]),
        ) as Record<string, Metadata>; // As the crowd's are.
        Object.assign(records, turned);
        await writer.put(turned);
      }
      await untilReady(two);
      await expectRare(one, rareOf(records).toSorted());
    });
  });
});
