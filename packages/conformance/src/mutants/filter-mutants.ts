import type { Mutant } from "../mutant.ts";
import { equalityMutants } from "./filters/equality.ts";
import { fieldMutants } from "./filters/fields.ts";
import { filterIndexMutants } from "./filters/indexes.ts";
import { repeatedFilterMutants } from "./filters/repeated.ts";
import { filteredScanMutants } from "./filters/scans.ts";
import { splitMutants } from "./filters/splits.ts";
import { textMutants } from "./filters/text.ts";

/** Everything that filters are known to be broken by. */
export const filterMutants: readonly Mutant[] = [
  ...equalityMutants,
  ...fieldMutants,
  ...textMutants,
  ...splitMutants,
  ...filteredScanMutants,
  ...repeatedFilterMutants,
  ...filterIndexMutants,
];
