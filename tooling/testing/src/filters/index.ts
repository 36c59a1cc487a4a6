/** The door for tests of filters that a registry answers itself. The evaluator says what is right. */

export { evaluated, selected } from "./asking.ts";
export { type Document, type Fill, filling } from "./filling.ts";
export { describeHostileTexts } from "./hostile-texts.ts";
export { describeIndexedFilters, SEED } from "./indexed-filters.ts";
export { pathsOf, schemaIndexing } from "./schemas.ts";
export { sensors } from "./sensors.ts";
