/** The pattern over memory's three slots. */

import { patternConformance } from "../../src/bindings/vitest.ts";
import { memorySubject } from "../subjects.ts";

patternConformance(memorySubject(), { parallel: true });
