import type { JsonValue, Metadata } from "@muster/filter";
import type { Mutant } from "../../mutant.ts";
import { realGet, realSet, registryMutant, settingEach, translated, withStored } from "./support.ts";

/** A registry that changes each value in metadata, from the innermost outwards. */
function changing(
  about: { readonly id: string; readonly breaks: string; readonly kills: readonly [string, ...string[]] },
  change: (value: JsonValue) => JsonValue,
): Mutant {
  return registryMutant(about, (real) =>
    translated(real, {
      entry: (entry) => ({ ...entry, metadata: changed(entry.metadata, change) as Metadata }), // Objects stay objects here.
    }),
  );
}

function changed(value: JsonValue, change: (value: JsonValue) => JsonValue): JsonValue {
  if (isList(value)) return change(value.map((item) => changed(item, change)));
  if (typeof value !== "object" || value === null) return change(value);
  return change(fromEntries(Object.entries(value).map(([key, item]) => [key, changed(item, change)])));
}

/** Also with a key `__proto__`, as JSON.parse would. */
function fromEntries(entries: readonly (readonly [string, JsonValue])[]): Metadata {
  return Object.fromEntries(entries);
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isPlain(value: JsonValue): value is Metadata {
  return typeof value === "object" && value !== null && !isList(value);
}

function renamed(value: JsonValue, rename: (key: string) => string): JsonValue {
  return isPlain(value) ? fromEntries(Object.entries(value).map(([key, item]) => [rename(key), item])) : value;
}

function depthOf(value: JsonValue): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map((item) => depthOf(item)));
}

export const metadataMutants: readonly Mutant[] = [
  changing(
    {
      id: "empty-list-becomes-object",
      breaks: "`[]` is read back as `{}`.",
      kills: ["registry/metadata/empty-lists-stay-lists", "registry/metadata/thirty-two-levels"],
    },
    (value) => (isList(value) && value.length === 0 ? {} : value),
  ),
  changing(
    {
      id: "empty-object-becomes-list",
      breaks: "A nested `{}` is read back as `[]`.",
      kills: ["registry/metadata/empty-lists-stay-lists"],
    },
    (value) =>
      isPlain(value)
        ? fromEntries(Object.entries(value).map(([k, v]) => [k, isPlain(v) && Object.keys(v).length === 0 ? [] : v]))
        : value,
  ),
  changing(
    {
      id: "nulls-are-dropped",
      breaks: "A field that is null is not stored.",
      kills: ["registry/metadata/null-and-false-and-empty-are-values", "registry/metadata/keys-of-every-kind"],
    },
    (value) => (isPlain(value) ? fromEntries(Object.entries(value).filter(([, item]) => item !== null)) : value),
  ),
  changing(
    {
      id: "empty-text-becomes-null",
      breaks: "The empty string is stored as null.",
      kills: ["registry/metadata/null-and-false-and-empty-are-values"],
    },
    (value) => (value === "" ? null : value),
  ),
  changing(
    {
      id: "numbers-are-rounded",
      breaks: "Numbers keep 15 significant digits.",
      kills: ["registry/metadata/numbers-keep-every-bit"],
    },
    (value) => (typeof value === "number" ? Number(value.toPrecision(15)) : value),
  ),
  changing(
    {
      id: "numbers-have-fixed-decimals",
      breaks: "Numbers keep 17 decimal places, however small they are.",
      kills: ["registry/metadata/numbers-keep-every-bit"],
    },
    (value) => (typeof value === "number" && Math.abs(value) < 1 ? Number(value.toFixed(17)) : value),
  ),
  changing(
    {
      id: "text-becomes-number",
      breaks: "Text that reads as a number is stored as one.",
      kills: ["registry/metadata/types-are-not-guessed"],
    },
    (value) => (typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value),
  ),
  changing(
    {
      id: "dates-are-rewritten",
      breaks: "Text that reads as an instant comes back in another spelling.",
      kills: ["registry/metadata/types-are-not-guessed"],
    },
    (value) => (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) ? value.replace(".000Z", "Z") : value),
  ),
  changing(
    {
      id: "text-is-normalised",
      breaks: "Text is stored in normal form C.",
      kills: ["registry/metadata/text-of-every-script"],
    },
    (value) => (typeof value === "string" ? value.normalize("NFC") : value),
  ),
  changing(
    {
      id: "text-is-trimmed",
      breaks: "Spaces around text are not stored.",
      kills: ["registry/metadata/text-of-every-script"],
    },
    (value) => (typeof value === "string" ? value.trim() : value),
  ),
  changing(
    {
      id: "dots-are-flattened",
      breaks: "A dot in a key is read back as a level.",
      kills: ["registry/metadata/keys-of-every-kind"],
    },
    (value) => renamed(value, (key) => key.split(".")[0] ?? ""),
  ),
  changing(
    {
      id: "operators-lose-their-dollar",
      breaks: "Keys that begin with `$` lose it.",
      kills: ["registry/metadata/keys-of-every-kind"],
    },
    (value) => renamed(value, (key) => key.replace(/^\$/, "")),
  ),
  changing(
    {
      id: "proto-is-no-key",
      breaks: "A key `__proto__` sets a prototype instead.",
      kills: ["registry/metadata/keys-of-every-kind"],
    },
    (value) => (isPlain(value) ? fromEntries(Object.entries(value).filter(([key]) => key !== "__proto__")) : value),
  ),
  changing(
    {
      id: "depth-is-cut",
      breaks: "What is nested deeper than 20 levels is not stored.",
      kills: ["registry/metadata/thirty-two-levels"],
    },
    (value) => (depthOf(value) > 20 ? {} : value),
  ),
  changing(
    {
      id: "long-lists-are-cut",
      breaks: "Lists end after 1,024 items.",
      kills: ["registry/metadata/long-lists"],
    },
    (value) => (isList(value) ? value.slice(0, 1_024) : value),
  ),
  changing(
    {
      id: "lists-are-sets",
      breaks: "Lists are read back in another order.",
      kills: ["registry/metadata/long-lists", "registry/metadata/empty-lists-stay-lists"],
    },
    (value) => (isList(value) ? value.toReversed() : value),
  ),
  changing(
    {
      id: "long-text-is-cut",
      breaks: "Text ends after 32,767 characters.",
      kills: ["registry/metadata/sixty-four-kilobytes"],
    },
    (value) => (typeof value === "string" ? value.slice(0, 32_767) : value),
  ),
  registryMutant(
    {
      id: "update-stores-text",
      breaks: "An update stores metadata in another form than a register does, and loses empty lists.",
      kills: ["registry/metadata/empty-lists-stay-lists"],
    },
    (real) =>
      settingEach(async (entry, call) => {
        const drop = (value: JsonValue): JsonValue => (isList(value) && value.length === 0 ? {} : value);
        const lossy = typeof entry.mode === "object";
        return realSet(real, lossy ? { ...entry, metadata: changed(entry.metadata, drop) as Metadata } : entry, call);
      }),
  ),
  registryMutant(
    {
      id: "stored-is-shared",
      breaks: "Whoever holds the metadata that was handed in or read holds what is stored.",
      kills: ["registry/metadata/belongs-to-nobody-else"],
    },
    (real) => {
      const shared = new Map<string, Metadata>();
      const setting = settingEach(async (entry, call) => {
        shared.set(entry.identity, entry.metadata);
        return withStored(await realSet(real, entry, call), (stored) => ({ ...stored, metadata: entry.metadata }));
      });
      return {
        ...setting,
        getMany: async (identities, call) =>
          Promise.all(
            identities.map(async (identity) => {
              const found = await realGet(real, identity, call);
              return found && { ...found, metadata: shared.get(identity) ?? found.metadata };
            }),
          ),
      };
    },
  ),
];
