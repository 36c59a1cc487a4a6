export type {
  About,
  AboutLeaf,
  AndNode,
  Facts,
  FieldLeaf,
  Filter,
  FilterSchema,
  JsonArray,
  JsonObject,
  JsonPrimitive,
  JsonValue,
  Leaf,
  Metadata,
  NotNode,
  Operator,
  OrNode,
} from "./ast.ts";
export { OPERANDS } from "./ast.ts";
export { and, attached, type Field, identity, not, or, registeredAt, type Where, where, whereIn } from "./builder.ts";
export { compileFilter, type FilterTest, needsFacts } from "./compile.ts";
export { FilterError, type FilterErrorCode } from "./errors.ts";
export { formatFilter } from "./format.ts";
export {
  boundingBox,
  distanceM,
  EARTH_RADIUS_M,
  type GeoBox,
  type GeoCircle,
  type GeoPoint,
  isWithin,
  readPoint,
} from "./geo.ts";
export { canonicalJson, deepEqual, isObject, isStorableText } from "./json.ts";
export { DEFAULT_LIMITS, type FilterLimits } from "./limits.ts";
export { compareStrings, compareValues } from "./order.ts";
export { type ParseOptions, parseFilter } from "./parse.ts";
export { formatPath, type Path, parsePath, readPath } from "./paths.ts";
export { regexPrefix } from "./regex.ts";
export { compareSemver, parseSemver, type Semver } from "./semver.ts";
export { type CanPush, type SplitFilter, splitFilter, splitForComparisons, splitForEvaluator } from "./split.ts";
export { type TextTest, textTest } from "./text-test.ts";
export { epochMs, parseTimestamp } from "./timestamp.ts";
export type { FieldKey, FieldValue, FilterInput, Operands, OperatorObject } from "./types.ts";
