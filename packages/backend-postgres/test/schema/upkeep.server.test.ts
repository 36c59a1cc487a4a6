/** Tables: made once, by whoever comes first, and looked at by everybody. */

import type { FieldType, IdentitySchema } from "@muster/core/slots";
import { withServer } from "@muster/servers/vitest";
import { entry, outcomeOf, SOON, within } from "@muster/testing";
import { take, targets } from "@muster/testing/durability";
import { expect, test } from "vitest";
import { indexName } from "../../src/keys.ts";
import { MIGRATIONS } from "../../src/schema/migrations.ts";
import { callerOf, commit, openedOutbox } from "../outbox/support.ts";
import { openedQueues } from "../queues/support.ts";
import { optionsOf } from "../standalone.ts";
import { opened, tell } from "../support.ts";
import { tablesOfVersion } from "./former.ts";

const LATEST = MIGRATIONS.at(-1)?.version ?? 0;

function schemaOf(fields: Readonly<Record<string, FieldType>>): IdentitySchema {
  const all = Object.entries(fields).map(
    ([name, type]) => [name, { type, path: [name] as const, required: false, index: true }] as const,
  );
  return { fields: Object.fromEntries(all), additional: "keep" };
}

await withServer("postgres", {}, (server) => {
  const validIndexes = async (schemaName: string): Promise<readonly unknown[]> => {
    const text = `select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
      where i.indisvalid and i.indrelid = to_regclass($1) order by 1`;
    return (await tell(server, text, [`${schemaName}.metadata`])).map(([name]) => name);
  };

  test("of many processes that open at once in an empty database one makes the tables, and all open", async () => {
    const options = { ...optionsOf(server), schemaName: "crowd", maxConnections: 1 };
    const all = await Promise.all(Array.from({ length: 12 }, async () => opened(options)));
    for (const registry of all) await registry.setMany([entry("a")], within(5_000));
    for (const registry of all) await registry.close();
    expect(await tell(server, "select version from crowd.migrations")).toEqual(
      MIGRATIONS.map(({ version }) => [version]),
    );
  });

  test("tables of the first release become those of this one, and keep what is in them", async () => {
    await tablesOfVersion(server, 1, "former");
    await tell(
      server,
      "insert into former.registrations values ('n', 'a', 1, 1, 0, null, null, null, false, null, 'x', null, null)",
    );
    await tell(server, "insert into former.metadata values ('n', 'a', '{}')");
    await using registry = await opened({ ...optionsOf(server), schemaName: "former" }, { namespace: "n" });
    expect(await registry.getMany(["a"], within(1_000))).toMatchObject([{ identity: "a", epoch: 1 }]);
    expect(await tell(server, "select max(version) from former.migrations")).toEqual([[LATEST]]);
  });

  test("tables of version 3 become those of this one while a process that knows no others goes on", {
    timeout: 30_000,
  }, async () => {
    await tablesOfVersion(server, 3, "third");
    const options = { ...optionsOf(server), schemaName: "third" };
    await tell(server, "insert into third.durable_spaces (namespace) values ('n')");
    const enqueue = async (id: string): Promise<unknown> =>
      tell(
        server,
        "select * from third.enqueue_many(1, $1, 't', 0, false, null, 'x', array['a'], array[1::bigint], 600000, 600000, null)",
        [id],
      );
    await enqueue("before");
    // Whoever reads and writes in the middle of it holds up nobody, and is held up by nobody.
    const caller = await callerOf(server);
    await caller.query("begin; select count(*) from third.durable_queue; select third.now_ms()");
    await using outbox = await openedOutbox(options, { namespace: "n" });
    await using queues = await openedQueues(options, { namespace: "n" });
    await enqueue("behind");
    await caller.query("commit");
    await queues.attachMany("s", targets(["a"]), within(1_000));
    expect((await take(queues, "s")).map(({ id }) => id)).toEqual(["before", "behind"]);
    expect(await commit(outbox, caller, "m", ["a"])).toMatchObject({ isNew: true });
    await caller.end();
    expect(await tell(server, "select max(version), max(compatible_with) from third.migrations")).toEqual([
      [LATEST, 1],
    ]);
  });

  test("two schemas of one database know nothing of each other", async () => {
    const open = async (schemaName: string): ReturnType<typeof opened> =>
      opened({ ...optionsOf(server), schemaName }, { namespace: "same" });
    await using one = await open("one");
    await using two = await open("two");
    await one.setMany([entry("a")], within(1_000));
    expect(await two.getMany(["a"], within(1_000))).toEqual([undefined]);
  });

  test("tables of a later release are used if that says so, and refused if not", async () => {
    const options = { ...optionsOf(server), schemaName: "later" };
    await (await opened(options)).close();
    await tell(server, `insert into later.migrations values (${LATEST + 1}, 1, now())`);
    expect(await outcomeOf(opened(options).then(async (registry) => registry.close()))).toBe("fine");
    await tell(server, `insert into later.migrations values (${LATEST + 2}, ${LATEST + 2}, now())`);
    expect(await outcomeOf(opened(options))).toBe("UNSUPPORTED");
  });

  test("indexes are made in the background, for every field that is marked and has a use for one", async () => {
    const fields = {
      zone: "string",
      n: "int",
      firmware: "semver",
      more: "object",
      on: "boolean",
      at: "geo_point",
    } as const;
    const options = { ...optionsOf(server), schemaName: "indexed" };
    await using registry = await opened(options, { schema: schemaOf(fields) });
    await registry.setMany([entry("a", { metadata: { zone: "z" } })], within(5_000));
    const expected = [
      indexName("text", ["zone"]),
      ...([["n"], ["at", "lat"], ["at", "lon"]] as const).map((path) => indexName("number", path)),
    ];
    await expect
      .poll(async () => validIndexes("indexed"), SOON)
      .toEqual(["metadata_pkey", "metadata_values", ...expected].toSorted());
  });

  test("an index that somebody has left unfinished is made anew", async () => {
    const options = { ...optionsOf(server), schemaName: "unfinished" };
    await (await opened(options)).close();
    const name = indexName("number", ["n"]);
    await tell(server, `create index ${name} on unfinished.metadata (identity)`);
    await tell(server, `update pg_index set indisvalid = false where indexrelid = 'unfinished.${name}'::regclass`);
    await using registry = await opened(options, { schema: schemaOf({ n: "int" }) });
    await registry.setMany([entry("a")], within(5_000));
    await expect.poll(async () => validIndexes("unfinished"), SOON).toContain(name);
  });

  test("where nothing may be made no index is", async () => {
    const options = { ...optionsOf(server), schemaName: "checked" };
    await (await opened(options)).close();
    await using registry = await opened({ ...options, migrations: "check" }, { schema: schemaOf({ n: "int" }) });
    await registry.setMany([entry("a", { metadata: { n: 1 } })], within(5_000));
    expect(await validIndexes("checked")).toEqual(["metadata_pkey", "metadata_values"]);
  });
});
