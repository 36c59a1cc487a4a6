import type { PatternCase } from "../case.ts";
import { outcomeCases } from "./pattern/outcomes.ts";
import { quietCases } from "./pattern/quiet.ts";

/** Every case about slots that work together. */
export const patternCatalogue: readonly PatternCase[] = [...quietCases, ...outcomeCases];
