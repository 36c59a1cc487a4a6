import { distanceM, isObject, type JsonValue, type Leaf } from "@muster/filter";
import type { Mutant } from "../../mutant.ts";
import { atPath, evaluatorMutant } from "./selecting.ts";

type Orders = Readonly<Partial<Record<Leaf["op"], (order: number) => boolean>>>;

const ORDERS: Orders = {
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
};

export const textMutants: readonly Mutant[] = [
  evaluatorMutant(
    {
      id: "filter-like-unescaped",
      breaks: "`%` and `_` in a prefix, a suffix or a part stand for any text and any character.",
      kills: ["registry/filters/corpus-text", "registry/filters/hostile-operands", "registry/filters/differential"],
    },
    { leaf: (leaf) => like(leaf) },
  ),
  evaluatorMutant(
    {
      id: "filter-control-characters-dropped",
      breaks: "Control characters of an operand are dropped on the way.",
      kills: ["registry/filters/hostile-operands"],
    },
    {
      leaf: (leaf) =>
        typeof leaf.value === "string" && leaf.op !== "regex"
          ? { ...leaf, value: leaf.value.replaceAll(/\p{Cc}/gu, "") }
          : undefined,
    },
  ),
  evaluatorMutant(
    {
      id: "filter-order-of-utf-16",
      breaks: "Strings are ordered by their UTF-16 units.",
      kills: ["registry/filters/corpus-order"],
    },
    { leaf: (leaf) => ordering(leaf, (a, b) => (a < b ? -1 : Number(a > b))) },
  ),
  evaluatorMutant(
    {
      id: "filter-order-of-a-language",
      breaks: "Strings are ordered as a dictionary would.",
      kills: ["registry/filters/corpus-order", "registry/filters/hostile-operands", "registry/filters/differential"],
    },
    { leaf: (leaf) => ordering(leaf, new Intl.Collator("en").compare) },
  ),
  evaluatorMutant(
    {
      id: "filter-versions-are-text",
      breaks: "Versions are compared as text.",
      kills: ["registry/filters/corpus-schema", "registry/filters/differential"],
    },
    {
      leaf: (leaf) => {
        if (!("path" in leaf) || leaf.as !== "semver") return undefined;
        const { op, path, value } = leaf;
        return { op, path, value };
      },
    },
  ),
  evaluatorMutant(
    {
      id: "filter-identity-is-a-pattern",
      breaks: "A `*` in an identity asked for stands for any text.",
      kills: ["registry/filters/corpus-identity"],
    },
    {
      leaf: (leaf) => {
        const { value } = leaf;
        if (!("about" in leaf) || leaf.op !== "eq" || typeof value !== "string") return undefined;
        const [before = "", after] = value.split("*");
        return (_, facts) =>
          (after === undefined ? facts?.identity === value : facts?.identity.startsWith(before)) === true;
      },
    },
  ),
  evaluatorMutant(
    {
      id: "filter-registered-at-in-seconds",
      breaks: "The time of registration is compared in whole seconds.",
      kills: ["registry/filters/registered-at"],
    },
    {
      leaf: (leaf) =>
        "about" in leaf && leaf.about === "registeredAt" && typeof leaf.value === "number"
          ? { ...leaf, value: Math.floor(leaf.value / 1_000) * 1_000 }
          : undefined,
    },
  ),
  evaluatorMutant(
    {
      id: "filter-near-excludes-its-border",
      breaks: "Who is exactly as far away as the radius is not near.",
      kills: ["registry/filters/corpus-geo"],
    },
    { leaf: strictlyNear },
  ),
];

function like(leaf: Leaf): ReturnType<typeof atPath> {
  const { op, value } = leaf;
  if (typeof value !== "string" || (op !== "startswith" && op !== "endswith" && op !== "contains")) return undefined;
  const wild = value
    .replaceAll(/[\^$\\.*+?()[\]{}|/]/g, String.raw`\$&`)
    .replaceAll("%", ".*")
    .replaceAll("_", ".");
  const pattern = new RegExp(`${op === "startswith" ? "^" : ""}${wild}${op === "endswith" ? "$" : ""}`, "su");
  return atPath(leaf, (found) => {
    if (Array.isArray(found)) return op === "contains" && found.some((one: JsonValue) => one === value);
    return typeof found === "string" && pattern.test(found);
  });
}

function ordering(leaf: Leaf, compare: (a: string, b: string) => number): ReturnType<typeof atPath> {
  const { value } = leaf;
  const holds = ORDERS[leaf.op];
  if (holds === undefined || typeof value !== "string" || ("as" in leaf && leaf.as === "semver")) return undefined;
  return atPath(leaf, (found) => typeof found === "string" && holds(compare(found, value)));
}

function strictlyNear(leaf: Leaf): ReturnType<typeof atPath> {
  if (leaf.op !== "near" || !isObject(leaf.value)) return undefined;
  const [lat, lon, radiusM] = ["lat", "lon", "radiusM"].map((key) => Number(isObject(leaf.value) && leaf.value[key]));
  return atPath(leaf, (found) => {
    if (!isObject(found) || typeof found["lat"] !== "number" || typeof found["lon"] !== "number") return false;
    if (Math.abs(found["lat"]) > 90 || Math.abs(found["lon"]) > 180) return false;
    return distanceM({ lat: found["lat"], lon: found["lon"] }, { lat: lat ?? 0, lon: lon ?? 0 }) < (radiusM ?? 0);
  });
}
