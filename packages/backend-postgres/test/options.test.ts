import { isMusterError } from "@muster/core/slots";
import { describe, expect, test } from "vitest";
import { type PostgresOptions, postgresRegistry } from "../src/index.ts";

const pool = { connect: async () => Promise.reject(new Error("nobody asks")) };

/** Paths of what is wrong; none when it is accepted. */
function wrongIn(options: unknown): readonly string[] {
  try {
    postgresRegistry(options as PostgresOptions); // Whatever a program without types may hand in.
    return [];
  } catch (error) {
    if (!isMusterError(error, "CONFIG_INVALID")) throw error;
    return error.detail.violations.map(({ path }) => path);
  }
}

describe("options that fit", () => {
  test.each([
    { url: "postgres://localhost" },
    { url: "postgresql://u:p@h:1/d?sslmode=verify-full", maxConnections: 3 },
    { host: "localhost" },
    { host: "/var/run/postgresql", schemaName: "fleet_2", migrations: "check" },
    { pool },
    { pool, schemaName: "_x" },
  ])("%j", (options) => expect(wrongIn(options)).toEqual([]));
});

describe("options that don't", () => {
  test.each([
    [{}, [""]],
    [{ url: "redis://localhost" }, ["url"]],
    [{ url: "postgres://a", host: "b" }, ["url and host"]],
    [{ host: "" }, ["host"]],
    [{ host: "a", maxConnections: 0 }, ["maxConnections"]],
    [{ host: "a", maxConnections: 1.5 }, ["maxConnections"]],
    [{ pool: {} }, ["pool"]],
    [{ pool, schemaName: 'a"; drop schema public; --' }, ["schemaName"]],
    [{ pool, schemaName: "Upper" }, ["schemaName"]],
    [{ pool, schemaName: "pg_mine" }, ["schemaName"]],
    [{ pool, schemaName: "x".repeat(49) }, ["schemaName"]],
    [{ pool, schemaName: "", migrations: "later" }, ["schemaName", "migrations"]],
  ])("%j: %j", (options, paths) => expect(wrongIn(options)).toEqual(paths));
});

test("a registry that nobody opens asks nobody for anything", async () => {
  const registry = postgresRegistry({ pool });
  await registry.close();
});
