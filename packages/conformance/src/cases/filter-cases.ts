import type { RegistryCase } from "../case.ts";
import { corpusCases } from "./filters/corpus.ts";
import { differentialCases } from "./filters/differential.ts";
import { filterIndexCases } from "./filters/indexes.ts";
import { repeatedFilterCases } from "./filters/repeated.ts";
import { filteredScanCases } from "./filters/scans.ts";
import { splitCases } from "./filters/split.ts";
import { valueCases } from "./filters/values.ts";

/** Every case about filters, which are asked of a registry. */
export const filterCases: readonly RegistryCase[] = [
  ...splitCases,
  ...corpusCases,
  ...differentialCases,
  ...filterIndexCases,
  ...valueCases,
  ...filteredScanCases,
  ...repeatedFilterCases,
];
