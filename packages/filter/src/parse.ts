import { type About, type Filter, type FilterSchema, OPERANDS, type Operator } from "./ast.ts";
import { allOf, anyOf, isFilter, leaf, negate } from "./canonical.ts";
import { type FilterError, invalidFilter, pointer, show } from "./errors.ts";
import { formatFilter } from "./format.ts";
import { type Entries, readElements, readEntries } from "./input.ts";
import {
  type Budget,
  enterDepth,
  type FilterLimits,
  openBudget,
  spendBytes,
  spendClause,
  utf8Bytes,
} from "./limits.ts";
import { hasOperator, operatorsOf, readOperand } from "./operands.ts";
import { formatPath, type Path, parsePath } from "./paths.ts";

export interface ParseOptions {
  /** Gives timestamp and semver fields their reading; a declared path beats an operator suffix. */
  readonly schema?: FilterSchema | undefined;
  readonly limits?: Partial<FilterLimits> | undefined;
}

/** A place in the input, and what holds for all of it. */
interface Place {
  readonly schema: FilterSchema | undefined;
  readonly budget: Budget;
  /** One more than the combinators above. */
  readonly depth: number;
  /** Pointer to it. */
  readonly at: string;
}

type Target = { readonly path: Path } | { readonly about: About };

interface Comparison {
  readonly op: Operator;
  readonly operand: unknown;
  /** How to write the field, if the operator was taken off the end of a key. */
  readonly instead?: string;
}

const ABOUT: Readonly<Record<string, About>> = {
  $identity: "identity",
  $attached: "attached",
  $registeredAt: "registeredAt",
};

/**
 * Reads a filter in any of its JSON spellings, or one made by the builder, and returns the one frozen, canonical tree for
 * it: and/or flattened, children sorted and without duplicates, single children and double negations collapsed. Nothing
 * of the input is kept; no getter of it is called.
 *
 * A filter made by this package comes back as it is; with a schema its fields are read anew.
 *
 * @throws FilterError INVALID_FILTER (also for `{}`, `null` and `undefined`: everyone is the caller's to say) and
 * FILTER_TOO_COMPLEX, both with the path to the offending place.
 */
export function parseFilter(input: unknown, options: ParseOptions = {}): Filter {
  const { schema, limits } = options;
  const own = isFilter(input);
  const start: Place = { schema, budget: openBudget(limits), depth: 1, at: "" };
  const parsed = parseObject(own ? formatFilter(input) : input, start);
  return own && schema === undefined ? input : parsed;
}

function parseObject(input: unknown, place: Place): Filter {
  const entries = readEntries(input, place.at);
  if (entries === undefined) {
    throw invalidFilter(place.at, `a filter is an object such as { "status": "online" }, not ${show(input)}`);
  }
  if (entries.length === 0) {
    throw invalidFilter(place.at, "an empty filter says nothing: name a field, or give null where everyone is meant");
  }
  return conjunction(entries, place, parseMember);
}

/** Several members of one object all hold, one level further down. */
function conjunction(
  entries: Entries,
  place: Place,
  parse: (key: string, value: unknown, at: Place) => Filter,
): Filter {
  const depth = place.depth + (entries.length > 1 ? 1 : 0);
  return allOf(entries.map(([key, value]) => parse(key, value, { ...place, depth, at: pointer(place.at, key) })));
}

function parseMember(key: string, value: unknown, place: Place): Filter {
  enterDepth(place.budget, place.depth, place.at);
  const below = { ...place, depth: place.depth + 1 };
  if (key === "$and") return allOf(parseElements(value, below));
  if (key === "$or") return anyOf(parseElements(value, below));
  if (key === "$not") return negate(parseObject(value, below));
  return parseField(key, value, place);
}

function parseElements(value: unknown, place: Place): readonly Filter[] {
  const elements = readElements(value, place.budget.limits.maxClauses, place.at);
  if (elements === undefined || elements.length === 0) {
    throw invalidFilter(place.at, "a combinator takes a non-empty array of filters");
  }
  return elements.map((element, index) => parseObject(element, { ...place, at: pointer(place.at, index) }));
}

function parseField(key: string, value: unknown, place: Place): Filter {
  spendBytes(place.budget, utf8Bytes(key), place.at);
  const operators = operatorObject(value, place.at);
  if (operators !== undefined) return parseOperators(parseTarget(key, place.at), operators, place);

  const { field, op } = splitSuffix(key, place);
  if (op === undefined) return parseBare(parseTarget(key, place.at), value, place);
  if (field === "metadata" && op === "exists" && typeof value === "string") {
    return parseLeaf({ path: parsePath(value, place.at) }, { op, operand: true }, place);
  }
  const instead = `{ ${show(key)}: { "$eq": ${typeof value === "object" ? "…" : show(value)} } }`;
  return parseLeaf(parseTarget(field, place.at), { op, operand: value, instead }, place);
}

/** The plain value of a key: equality, or presence for a bare star. */
function parseBare(target: Target, value: unknown, place: Place): Filter {
  if (value === "*") {
    if ("path" in target) return parseLeaf(target, { op: "exists", operand: true }, place);
    throw invalidFilter(place.at, 'every registration has this; for a literal star write { "$eq": "*" }');
  }
  if (readEntries(value, place.at)?.length === 0) {
    throw invalidFilter(place.at, 'an empty object says nothing; for equality with it write { "$eq": {} }');
  }
  return parseLeaf(target, { op: "eq", operand: value }, place);
}

/** The members of an object whose keys all begin with `$`; `undefined` for an operand. */
function operatorObject(value: unknown, at: string): Entries | undefined {
  const entries = readEntries(value, at) ?? [];
  const operators = entries.filter(([key]) => key.startsWith("$"));
  if (operators.length === 0) return undefined;
  if (operators.length === entries.length) return entries;
  throw invalidFilter(at, 'operators and fields stand in one object; for equality with it write { "$eq": { … } }');
}

function parseOperators(target: Target, entries: Entries, place: Place): Filter {
  return conjunction(entries, place, (key, value, inner) => {
    enterDepth(inner.budget, inner.depth, inner.at);
    if (key === "$not") {
      const negated = operatorObject(value, inner.at);
      if (negated !== undefined) return negate(parseOperators(target, negated, { ...inner, depth: inner.depth + 1 }));
      throw invalidFilter(inner.at, 'here $not takes an operator object: write { "$not": { "$eq": … } }');
    }
    const op = key.slice(1);
    if (!isOperator(op)) throw unknownOperator(key, inner.at);
    return parseLeaf(target, { op, operand: value }, inner);
  });
}

function parseLeaf(target: Target, comparison: Comparison, place: Place): Filter {
  spendClause(place.budget, place.at);
  const { op, operand } = comparison;
  if ("about" in target) {
    const { about } = target;
    if (!hasOperator(about, op)) {
      throw invalidFilter(place.at, `$${about} takes ${operatorsOf(about).join(", ")}, not ${op}; $not negates`);
    }
    return leaf({ op, about, value: readOperand(about, op, operand, { ...place, ...comparison }) });
  }
  const { path } = target;
  const reading = readingOf(path, place.schema);
  const value = readOperand(reading, op, operand, { ...place, ...comparison });
  return leaf({ op, path, value, ...(reading !== "plain" && hasOperator(reading, op) ? { as: reading } : {}) });
}

function parseTarget(key: string, at: string): Target {
  if (!key.startsWith("$")) return { path: parsePath(key, at) };
  const about = Object.hasOwn(ABOUT, key) ? ABOUT[key] : undefined;
  if (about !== undefined) return { about };
  throw invalidFilter(
    at,
    `${show(key)} is not one of $and, $or, $not, ${Object.keys(ABOUT).join(", ")}; for a field of that name write "\\\\${key}"`,
  );
}

/** Takes an operator off the end of a key of two segments or more, unless the schema declares the key as a field. */
function splitSuffix(key: string, { schema, at }: Place): { field: string; op?: Operator } {
  const dot = key.lastIndexOf(".");
  const suffix = key.slice(dot + 1);
  if (dot < 1 || !isOperator(suffix) || declaredType(key, schema) !== undefined) return { field: key };
  const isFact = key.startsWith("$");
  // The last dot may be escaped, and then belongs to the name.
  if (!isFact && parsePath(key, at).at(-1) !== suffix) return { field: key };
  return { field: key.slice(0, dot), op: suffix };
}

function readingOf(path: Path, schema: FilterSchema | undefined): "plain" | "timestamp" | "semver" {
  const type = declaredType(formatPath(path), schema);
  return type === "timestamp" || type === "semver" ? type : "plain";
}

function declaredType(key: string, schema: FilterSchema | undefined): string | undefined {
  return schema !== undefined && Object.hasOwn(schema.fields, key) ? schema.fields[key]?.type : undefined;
}

function isOperator(name: string): name is Operator {
  return Object.hasOwn(OPERANDS, name);
}

function unknownOperator(key: string, at: string): FilterError {
  const hint = key === "$and" || key === "$or" ? "combinators stand above fields, not below" : "";
  const known = Object.keys(OPERANDS).map((name) => `$${name}`);
  return invalidFilter(at, hint || `${show(key)} is no operator; there are ${known.join(", ")} and $not`);
}
