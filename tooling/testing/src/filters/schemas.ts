import type { FieldType, IdentitySchema } from "@muster/core/slots";
import type { Filter, Path } from "@muster/filter";

/** A schema in which each of the fields has an index; one path may be several fields. */
export function schemaIndexing(
  fields: Iterable<readonly [path: Path, type: FieldType, index?: true | "gist"]>,
): IdentitySchema {
  const all = Array.from(
    fields,
    ([path, type, index = true]) => [JSON.stringify([path, type]), { type, path, required: false, index }] as const,
  );
  return { fields: Object.fromEntries(all), additional: "keep" };
}

/** Of all its comparisons, each as often as there is one with it. */
export function pathsOf(filter: Filter): readonly Path[] {
  if (filter.op === "and" || filter.op === "or") return filter.nodes.flatMap(pathsOf);
  if (filter.op === "not") return pathsOf(filter.node);
  return "path" in filter ? [filter.path] : [];
}
