import { type About, type Filter, type FilterSchema, OPERANDS, type Operator } from "./ast.ts";
import { allOf, anyOf, isFilter, leaf, negate } from "./canonical.ts";
import { type FilterError, invalidFilter, pointer, show } from "./errors.ts";
import { formatFilter } from "./format.ts";
import { type Entries, readElements, readEntries } from "./input.ts";
import { type Budget, enterDepth, type FilterLimits, openBudget, spendBytes, spendClause, utf8Bytes } from "./limits.ts";
import { hasOperator, operatorsOf, readOperand } from "./operands.ts";
import { formatPath, type Path, parsePath } from "./paths.ts";

export interface ParseOptions {
  /** Gives timestamp and semver fields their reading; a declared path beats an operator suffix. */
  readonly schema?: FilterSchema | undefined;
  readonly limits?: Partial<FilterLimits> | undefined;
}

interface Parsing {
  readonly schema: FilterSchema | undefined;
  readonly budget: Budget;
}

/** A place in the input: how many combinators stand above, and the pointer to it. */
interface Place {
  readonly depth: number;
  readonly at: string;
}

type Target = { readonly path: Path } | { readonly about: About };

const ABOUT: Readonly<Record<string, About>> = { $identity: "identity", $attached: "attached", $registeredAt: "registeredAt" };

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
  const parsing: Parsing = { schema: options.schema, budget: openBudget(options.limits) };
  const own = isFilter(input);
  const parsed = parseObject(own ? formatFilter(input) : input, parsing, { depth: 1, at: "" });
  return own && options.schema === undefined ? input : parsed;
}

function parseObject(input: unknown, parsing: Parsing, place: Place): Filter {
  const entries = readEntries(input, place.at);
  if (entries === undefined) throw invalidFilter(place.at, `a filter is an object such as { "status": "online" }, not ${show(input)}`);
  if (entries.length === 0) throw invalidFilter(place.at, "an empty filter says nothing: name a field, or give null where everyone is meant");
  return conjunction(entries, place, (key, value, inner) => parseMember(key, value, parsing, inner));
}

/** Several members of one object all hold, one level further down. */
function conjunction(entries: Entries, place: Place, parse: (key: string, value: unknown, place: Place) => Filter): Filter {
  const depth = place.depth + (entries.length > 1 ? 1 : 0);
  return allOf(entries.map(([key, value]) => parse(key, value, { depth, at: pointer(place.at, key) })));
}

function parseMember(key: string, value: unknown, parsing: Parsing, place: Place): Filter {
  enterDepth(parsing.budget, place.depth, place.at);
  const below: Place = { depth: place.depth + 1, at: place.at };
  if (key === "$and") return allOf(parseElements(value, parsing, below));
  if (key === "$or") return anyOf(parseElements(value, parsing, below));
  if (key === "$not") return negate(parseObject(value, parsing, below));
  return parseComparison(key, value, parsing, place);
}

function parseElements(value: unknown, parsing: Parsing, place: Place): readonly Filter[] {
  const elements = readElements(value, parsing.budget.limits.maxClauses, place.at);
  if (elements === undefined || elements.length === 0) {
    throw invalidFilter(place.at, "a combinator takes a non-empty array of filters");
  }
  return elements.map((element, index) => parseObject(element, parsing, { ...place, at: pointer(place.at, index) }));
}

function parseComparison(key: string, value: unknown, parsing: Parsing, place: Place): Filter {
  spendBytes(parsing.budget, utf8Bytes(key), place.at);
  const operators = operatorObject(value, place.at);
  if (operators !== undefined) return parseOperators(parseTarget(key, place.at), operators, parsing, place);

  const { field, op } = splitSuffix(key, parsing.schema, place.at);
  if (op === undefined) return parseBare(parseTarget(key, place.at), value, parsing, place);
  if (field === "metadata" && op === "exists" && typeof value === "string") {
    return comparison({ path: parsePath(value, place.at) }, "exists", true, parsing, place);
  }
  const instead = `{ ${JSON.stringify(key)}: { "$eq": ${typeof value === "object" ? "…" : show(value)} } }`;
  return comparison(parseTarget(field, place.at), op, value, parsing, place, instead);
}

/** The plain value of a key: equality, or presence for a bare star. */
function parseBare(target: Target, value: unknown, parsing: Parsing, place: Place): Filter {
  if (value !== "*") {
    if (readEntries(value, place.at)?.length === 0) {
      throw invalidFilter(place.at, 'an empty object says nothing; for equality with it write { "$eq": {} }');
    }
    return comparison(target, "eq", value, parsing, place);
  }
  if ("path" in target) return comparison(target, "exists", true, parsing, place);
  throw invalidFilter(place.at, 'every registration has this; for a literal star write { "$eq": "*" }');
}

/** The members of an object whose keys all begin with `$`; `undefined` for an operand. */
function operatorObject(value: unknown, at: string): Entries | undefined {
  const entries = readEntries(value, at) ?? [];
  const operators = entries.filter(([key]) => key.startsWith("$"));
  if (operators.length === 0) return undefined;
  if (operators.length === entries.length) return entries;
  throw invalidFilter(at, 'operators and fields stand in one object; for equality with it write { "$eq": { … } }');
}

function parseOperators(target: Target, entries: Entries, parsing: Parsing, place: Place): Filter {
  return conjunction(entries, place, (key, value, inner) => {
    enterDepth(parsing.budget, inner.depth, inner.at);
    if (key === "$not") {
      const negated = operatorObject(value, inner.at);
      if (negated === undefined) throw invalidFilter(inner.at, `$not takes an operator object: write { "$not": { "$eq": … } }`);
      return negate(parseOperators(target, negated, parsing, { depth: inner.depth + 1, at: inner.at }));
    }
    const name = key.slice(1);
    if (!isOperator(name)) throw unknownOperator(key, inner.at);
    return comparison(target, name, value, parsing, inner);
  });
}

function comparison(target: Target, op: Operator, raw: unknown, parsing: Parsing, place: Place, instead?: string): Filter {
  const { budget, schema } = parsing;
  spendClause(budget, place.at);
  const operand = { budget, at: place.at, ...(instead === undefined ? {} : { instead }) };
  if ("about" in target) {
    const { about } = target;
    if (!hasOperator(about, op)) {
      throw invalidFilter(place.at, `$${about} takes ${operatorsOf(about).join(", ")}, not ${op}; $not negates`);
    }
    return leaf({ op, about, value: readOperand(about, op, raw, operand) });
  }
  const subject = readingOf(target.path, schema);
  const value = readOperand(subject, op, raw, operand);
  return leaf({ op, path: target.path, value, ...(subject !== "plain" && hasOperator(subject, op) ? { as: subject } : {}) });
}

function parseTarget(key: string, at: string): Target {
  if (!key.startsWith("$")) return { path: parsePath(key, at) };
  const about = Object.hasOwn(ABOUT, key) ? ABOUT[key] : undefined;
  if (about !== undefined) return { about };
  throw invalidFilter(at, `${JSON.stringify(key)} is not one of $and, $or, $not, ${Object.keys(ABOUT).join(", ")}; for a field of that name write "\\\\${key}"`);
}

/** Takes an operator off the end of a key of two segments or more, unless the schema declares the key as a field. */
function splitSuffix(key: string, schema: FilterSchema | undefined, at: string): { field: string; op?: Operator } {
  const dot = key.lastIndexOf(".");
  const suffix = key.slice(dot + 1);
  if (dot < 1 || !isOperator(suffix) || declaredType(key, schema) !== undefined) return { field: key };
  const field = key.slice(0, dot);
  if (field.startsWith("$")) return { field, op: suffix };
  return parsePath(key, at).length < 2 ? { field: key } : { field, op: suffix };
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
  return invalidFilter(at, hint || `${JSON.stringify(key)} is no operator; there are ${known.join(", ")} and $not`);
}
