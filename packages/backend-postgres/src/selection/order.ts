/**
 * Orders of enumerations as SQL: by what rows are sorted, and which come behind a place. They say the same, or pages would
 * leave somebody out.
 *
 * A field is sorted by three columns: what kind of value it is, null where there is none, and then the number or the text,
 * null for every other kind.
 */

import type { JsonValue, Path } from "@muster/filter";
import type { Position, SortCriterion } from "@muster/core/slots";
import { numberOf, textOf, valueAt } from "./values.ts";
import { identityIn, type Writing } from "./writing.ts";

type OrderWriting = Pick<Writing, "names" | "parameters" | "first">;

/** What to sort by, first things first; no two rows are equal. */
export function orderBy(by: readonly SortCriterion[], writing: OrderWriting): string {
  const columns = by.flatMap((criterion) => {
    const direction = criterion.isDescending ? "desc" : "asc";
    return columnsOf(criterion, writing).map((column) => `${column} ${direction} nulls last`);
  });
  return [...columns, identityIn(writing)].join(", ");
}

/** The condition that holds of whoever comes behind that place. */
export function isBehind(by: readonly SortCriterion[], place: Position, writing: OrderWriting): string {
  const behindAll = `${identityIn(writing)} > ${writing.parameters.text(place.identity)}`;
  return by.reduceRight((rest, criterion, index) => {
    const { behind, equal } = besides(criterion, place.values[index], writing);
    return `(${behind} or (${equal} and ${rest}))`;
  }, behindAll);
}

/** Who comes behind a value by one criterion, and who is equal to it. */
interface Sides {
  readonly behind: string;
  readonly equal: string;
}

function besides(criterion: SortCriterion, value: JsonValue | undefined, writing: OrderWriting): Sides {
  const { parameters } = writing;
  const sign = criterion.isDescending ? "<" : ">";
  const [first = "", number = "", text = ""] = columnsOf(criterion, writing);
  if ("about" in criterion) {
    const operand =
      criterion.about === "identity"
        ? parameters.text(typeof value === "string" ? value : "")
        : parameters.number(typeof value === "number" ? value : 0);
    return { behind: `${first} ${sign} ${operand}`, equal: `${first} = ${operand}` };
  }
  if (value === undefined) return { behind: "false", equal: `${first} is null` };
  const kind = kindOf(value);
  const other = `${first} is null or ${first} ${sign} ${kind}`;
  if (typeof value === "number") return within(other, number, sign, parameters.number(value));
  if (typeof value === "string") return within(other, text, sign, parameters.text(value));
  return { behind: `(${other})`, equal: `${first} = ${kind}` };
}

/** Of one kind, which has no other column than this. */
function within(otherKind: string, column: string, sign: string, operand: string): Sides {
  return { behind: `(${otherKind} or ${column} ${sign} ${operand})`, equal: `${column} = ${operand}` };
}

function columnsOf(criterion: SortCriterion, writing: OrderWriting): readonly string[] {
  if ("about" in criterion) return [criterion.about === "identity" ? identityIn(writing) : "r.registered_at"];
  const value = valueOf(criterion.path, writing);
  return [KIND(value), numberOf(value, writing.names), textOf(value, writing.names)];
}

function valueOf(path: Path, { parameters }: OrderWriting): string {
  return valueAt(path.map((segment) => parameters.text(segment)));
}

const KIND = (value: string): string => `case jsonb_typeof(${value}) when 'null' then 0
  when 'boolean' then case when ${value} = 'true' then 2 else 1 end when 'number' then 3 when 'string' then 4
  when 'object' then 5 when 'array' then 5 end`;

/** The same of a value at hand. */
function kindOf(value: JsonValue): number {
  if (value === null) return 0;
  if (typeof value === "boolean") return value ? 2 : 1;
  if (typeof value === "number") return 3;
  return typeof value === "string" ? 4 : 5;
}
