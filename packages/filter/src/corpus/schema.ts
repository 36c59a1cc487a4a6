import type { FilterSchema } from "../ast.ts";
import { type CorpusCase, type CorpusGroup, group, matches, refused } from "./group.ts";

const schema: FilterSchema = {
  fields: {
    seen: { type: "timestamp" },
    version: { type: "semver" },
    "device.type": { type: "string" },
    "fw.gte": { type: "semver" },
    "t\\.s": { type: "timestamp" },
    name: { type: "string" },
  },
};

type Unnamed = Parameters<typeof group>[2][string];

function typed(unnamed: Unnamed): Unnamed {
  return { ...unnamed, schema } satisfies Omit<CorpusCase, "id">;
}

/** Timestamps and versions, which only a schema can tell from text, and declared fields named like operators. */
export const schemas: CorpusGroup = group(
  "schema",
  {
    first: { seen: "2024-01-01T00:00:00.000Z", version: "2.0", device: { type: "sensor" }, fw: { gte: "1.2" } },
    second: { seen: "2024-01-01T00:00:00.001Z", version: "2.0.0", "t.s": "2024-01-01T00:00:00.000Z" },
    later: { seen: "2024-06-01T12:00:00.000Z", version: "2.0.0-rc.2", name: "2.0" },
    old: { seen: "0001-01-01T00:00:00.000Z", version: "2.0.0-rc.10" },
    last: { seen: "9999-12-31T23:59:59.999Z", version: "10.0.0" },
    "build a": { version: "1.0.0+a" },
    "build b": { version: "1.0.0+b" },
    alpha: { version: "1.0.0-alpha" },
    "alpha 1": { version: "1.0.0-alpha.1" },
    beta: { version: "1.0.0-alpha.beta" },
    huge: { version: "9007199254740993.0.0" },
    "no version": { version: "v1" },
    number: { version: 2 },
    absent: {},
  },
  {
    "timestamp eq": typed(matches({ seen: "2024-01-01T00:00:00Z" }, ["first"], "one instant, however written")),
    "timestamp eq without a schema": matches({ seen: "2024-01-01T00:00:00Z" }, [], "then it is text"),
    "timestamp eq as stored, without a schema": matches({ seen: "2024-01-01T00:00:00.000Z" }, ["first"]),
    "timestamp with an offset": typed(matches({ seen: "2024-01-01T01:30:00+01:30" }, ["first"])),
    "timestamp in lower case": typed(matches({ seen: "2024-01-01t00:00:00z" }, ["first"])),
    "timestamp, finer digits": typed(matches({ seen: "2024-01-01T00:00:00.0009999Z" }, ["first"], "cut, not rounded")),
    "timestamp of a Date": typed(
      matches({ seen: { $gte: new Date("2024-01-01T00:00:00.001Z") } }, ["second", "later", "last"]),
    ),
    "timestamp of epoch ms": typed(matches({ "seen.lt": 1_704_067_200_001 }, ["first", "old"])),
    "timestamp in": typed(matches({ "seen.in": ["2024-01-01T00:00:00Z", 1_704_067_200_001] }, ["first", "second"])),
    "timestamp nin": typed(matches({ "seen.nin": ["2024-01-01T00:00:00Z"] }, ["second", "later", "old", "last"])),
    "timestamp ne": typed(matches({ "seen.ne": "2024-01-01T00:00:00Z" }, ["second", "later", "old", "last"])),
    "first year": typed(matches({ "seen.lte": "0001-01-01T00:00:00Z" }, ["old"])),
    "last instant": typed(matches({ "seen.gte": "9999-12-31T23:59:59.999Z" }, ["last"])),
    "timestamp prefix is of the text": typed(matches({ "seen.startswith": "2024-01" }, ["first", "second"])),
    "timestamp present": typed(matches({ seen: "*" }, ["first", "second", "later", "old", "last"])),
    "timestamp exists false": typed(matches({ "seen.exists": false, "version.startswith": "v" }, ["no version"])),
    "timestamp under an escaped dot": typed(matches({ "t\\.s": "2024-01-01T00:00:00Z" }, ["second"])),
    "date alone": typed(refused({ seen: "2024-01-01" })),
    "no offset": typed(refused({ "seen.gt": "2024-01-01T00:00:00" })),
    "leap second": typed(refused({ "seen.gt": "2016-12-31T23:59:60Z" })),
    "30 February": typed(refused({ "seen.gt": "2024-02-30T00:00:00Z" })),
    "year 0000": typed(refused({ "seen.gt": "0000-12-31T00:00:00Z" })),
    "year 10000 by offset": typed(refused({ "seen.gt": "9999-12-31T23:59:59-01:00" })),
    "invalid Date": typed(refused({ "seen.gt": new Date(Number.NaN) })),
    "epoch ms out of range": typed(refused({ "seen.gt": 1e17 })),
    "timestamp of null": typed(refused({ seen: null })),
    "timestamp of a boolean": typed(refused({ "seen.lt": true })),
    "one bad timestamp in in": typed(refused({ "seen.in": ["2024-01-01T00:00:00Z", "soon"] })),
    "semver eq": typed(matches({ version: "2.0" }, ["first", "second"], "missing parts are 0")),
    "semver eq of one number": typed(matches({ version: "2" }, ["first", "second"])),
    "semver eq without a schema": matches({ version: "2.0" }, ["first"]),
    "semver ignores build": typed(matches({ "version.eq": "1.0.0+a" }, ["build a", "build b"])),
    "semver ne": typed(
      matches(
        { "version.ne": "1" },
        ["first", "second", "later", "old", "last", "alpha", "alpha 1", "beta", "huge", "no version", "number"],
        "what is no version is unequal to one",
      ),
    ),
    "semver in": typed(matches({ "version.in": ["1+x", "10"] }, ["build a", "build b", "last"])),
    "semver in, pre-releases": typed(
      matches({ "version.in": ["1-alpha+x", "2", "2.0.0-rc.02x"] }, ["first", "second", "alpha"], "by precedence too"),
    ),
    "semver nin": typed(
      matches({ "version.nin": ["2", "1", "10"] }, [
        "later",
        "old",
        "alpha",
        "alpha 1",
        "beta",
        "huge",
        "no version",
        "number",
      ]),
    ),
    "semver gte": typed(
      matches(
        { "version.gte": "2.0" },
        ["first", "second", "last", "huge"],
        "10 is above 2; pre-releases of 2.0.0 are below it",
      ),
    ),
    "semver lt": typed(matches({ "version.lt": "1.0.0" }, ["alpha", "alpha 1", "beta"])),
    "pre-release numbers": typed(
      matches({ "version.gt": "2.0-rc.2", "version.lt": "2.0" }, ["old"], "rc.10 is above rc.2"),
    ),
    "numbers below words": typed(matches({ version: { $gt: "1.0.0-alpha.1", $lt: "1.0.0" } }, ["beta"])),
    "longer pre-release": typed(matches({ version: { $gt: "1.0.0-alpha", $lte: "1.0.0-alpha.1" } }, ["alpha 1"])),
    "large numbers": typed(matches({ "version.gt": "9007199254740992.0.0" }, ["huge"], "digits are never rounded")),
    "semver prefix is of the text": typed(
      matches({ "version.startswith": "2.0" }, ["first", "second", "later", "old"]),
    ),
    "semver contains is of the text": typed(matches({ "version.contains": "+" }, ["build a", "build b"])),
    "semver regex is of the text": typed(matches({ "version.regex": "^2\\.0$" }, ["first"])),
    "semver type": typed(matches({ "version.type": "number" }, ["number"])),
    "semver operand with v": typed(refused({ version: "v1" })),
    "semver operand with a leading zero": typed(refused({ "version.gt": "01.2" })),
    "semver operand of four numbers": typed(refused({ "version.gt": "1.2.3.4" })),
    "semver operand of a number": typed(refused({ "version.gte": 2 })),
    "semver nin nothing": typed(refused({ "version.nin": [] })),
    "semver operand in in": typed(refused({ "version.in": ["1.0", ""] })),
    "plain field that looks like a version": typed(matches({ name: "2.0.0" }, [])),
    "declared field named type": typed(
      matches({ "device.type": "sensor" }, ["first"], "a declared path beats the suffix"),
    ),
    "undeclared field named type": refused({ "device.type": "sensor" }),
    "operator after a declared field named type": typed(matches({ "device.type.type": "string" }, ["first"])),
    "declared field named gte": typed(matches({ "fw.gte": "1.2.0" }, ["first"])),
    "order on a declared field named gte": typed(matches({ "fw.gte.gte": "1.1" }, ["first"])),
  },
);
