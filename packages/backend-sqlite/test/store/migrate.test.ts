import { entry } from "@muster/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { columnsOf } from "../../src/codec.ts";
import { getMany } from "../../src/registrations/reading.ts";
import { setMany } from "../../src/registrations/set-many.ts";
import { isMigrated, migrate, migrateTo } from "../../src/store/migrate.ts";
import { type Migration, MIGRATIONS } from "../../src/store/migrations.ts";
import type { Store } from "../../src/store/store.ts";
import { type Folder, freshFolder } from "../support.ts";
import { connectedTo, openedAt } from "./support.ts";

const LATEST = MIGRATIONS.at(-1)?.version ?? 0;
/** What a later release may do: the old one goes on with it. */
const LATER: Migration = {
  version: LATEST + 1,
  compatibleWith: 1,
  statements: ["create table muster_more (at integer)", "alter table muster_registrations add column more text"],
};

let folder: Folder;
let files = 0;
beforeAll(async () => {
  folder = await freshFolder();
});
afterAll(async () => folder[Symbol.asyncDispose]());

function freshPath(): string {
  files += 1;
  return `${folder.path}/${files}.db`;
}

function register(store: Store, identity: string): void {
  const drafts = columnsOf([entry(identity, { metadata: { of: identity } })]);
  expect(setMany(store, { namespace: "ns", maxIdentities: undefined, drafts })).toMatchObject({
    verdicts: [expect.any(Number)],
  });
}

function registered(store: Store, identity: string): boolean {
  return getMany(store, { namespace: "ns", identities: [identity] })[0] !== undefined;
}

describe("migrations", () => {
  test("have ascending versions, which none refuses that it is compatible with", () => {
    for (const [index, { version, compatibleWith }] of MIGRATIONS.entries()) {
      expect(version).toBe(index + 1);
      expect(compatibleWith).toBeLessThanOrEqual(version);
    }
  });

  test("leave a file that is up to date as it is", () => {
    using store = openedAt(freshPath());
    const schema = store.all("select sql from sqlite_schema");
    expect(isMigrated(store)).toBe(true);
    migrate(store);
    expect(store.all("select sql from sqlite_schema")).toEqual(schema);
  });

  test("bring the file of the first release up to date, with what it holds", () => {
    using store = connectedTo(freshPath());
    migrateTo(store, MIGRATIONS.slice(0, 1));
    register(store, "a");
    migrate(store);
    expect(isMigrated(store)).toBe(true);
    expect(registered(store, "a")).toBe(true);
    register(store, "b");
  });

  test("let a process of an older release go on meanwhile", () => {
    const path = freshPath();
    using old = openedAt(path);
    register(old, "a");
    using current = connectedTo(path);
    migrateTo(current, [...MIGRATIONS, LATER]);
    register(old, "b");
    expect(registered(current, "b")).toBe(true);
    expect(registered(old, "a")).toBe(true);
    expect(isMigrated(old)).toBe(true);
  });

  test("of a later release that has to be understood are refused", () => {
    using store = openedAt(freshPath());
    migrateTo(store, [...MIGRATIONS, { ...LATER, compatibleWith: LATER.version }]);
    expect(() => isMigrated(store)).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
    expect(() => migrate(store)).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
  });

  test("get on with the tables of an application that counts its own versions", () => {
    const path = freshPath();
    using application = connectedTo(path);
    application.execute("create table orders (id integer); pragma user_version = 42");
    using store = openedAt(path);
    register(store, "a");
    expect(application.get("pragma user_version")).toEqual([42]);
  });
});
