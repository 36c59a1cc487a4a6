import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The longest come first: a run ends with short files, and not with one that everybody waits for. */
const LONGEST: readonly RegExp[] = [
  // A whole kit, or histories of whole compositions, on servers: minutes.
  /\/(?:packages|examples)\/[^/]+\/test\/conformance[./]|\/tooling\/compositions\//,
  // The kit's own tests, whose every mutant has cases run.
  /\/packages\/conformance\//,
  /\.server\.test\.ts$/,
];

/** The smaller, the longer it takes. */
export function rankOf(path: string): number {
  const rank = LONGEST.findIndex((pattern) => pattern.test(path));
  return rank < 0 ? LONGEST.length : rank;
}

/** Orders the files of all projects by how long such files take; within a rank vitest's own order stands. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rankOf(one.moduleId) - rankOf(other.moduleId));
  }
}
