import type { SerializedError, TestModule, TestSuite } from "vitest/node";

/** How many tests ended in which way. A test that did not run is skipped, whatever the reason. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const failing = (module: TestModule | TestSuite): boolean => module.errors().length > 0;

/**
 * Counts every test of the modules once. A module that does not load and a suite whose hook throws have no failed test
 * of their own to show it, so each counts as one failure, and so does each error outside any test.
 */
export function tallyOf(modules: readonly TestModule[], strayErrors: number): Tally {
  let passed = 0;
  let skipped = 0;
  let failed = strayErrors;
  for (const module of modules) {
    failed += [module, ...module.children.allSuites()].filter(failing).length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "passed") passed += 1;
      else if (state === "failed") failed += 1;
      else skipped += 1;
    }
  }
  return { passed, failed, skipped };
}

/** A line for each test that did not run, so that none is left out in silence; at most `most`, and how many more. */
export function listSkipped(modules: readonly TestModule[], most: number): readonly string[] {
  const names = modules.flatMap((module) =>
    [...module.children.allTests("skipped"), ...module.children.allTests("pending")].map(
      (test) => `not run: ${module.project.name} ${module.relativeModuleId} > ${test.fullName}`,
    ),
  );
  const rest = names.length - most;
  return rest > 0 ? [...names.slice(0, most), `not run: ${rest} more`] : names;
}

/** A line for each failure that `tallyOf` counts in the modules, and why, so that the end of a long log names them all. */
export function listFailed(modules: readonly TestModule[]): readonly string[] {
  return modules.flatMap((module) => {
    const file = `${module.project.name} ${module.relativeModuleId}`;
    const suites = [...module.children.allSuites()];
    return [
      ...because(file, module.errors()),
      ...suites.flatMap((suite) => because(`${file} > ${suite.fullName}`, suite.errors())),
      ...[...module.children.allTests("failed")].flatMap((test) =>
        because(`${file} > ${test.fullName}`, test.result().errors ?? []),
      ),
    ];
  });
}

/** One line, however many errors there were; none without one. */
function because(what: string, errors: readonly SerializedError[]): readonly string[] {
  const [first] = errors;
  return first === undefined ? [] : [`failed: ${what}: ${oneLine(first.message)}`];
}

/** A line for each error outside any test. */
export function listStray(errors: readonly SerializedError[]): readonly string[] {
  return errors.map(({ message }) => `failed outside any test: ${oneLine(message)}`);
}

const oneLine = (text: string): string => text.trim().split("\n", 1)[0]?.slice(0, 300) ?? "";

/** A line for each test that failed and then passed, so that none hides behind its second try. */
export function listFlaky(modules: readonly TestModule[]): readonly string[] {
  return modules.flatMap((module) =>
    [...module.children.allTests("passed")]
      .filter((test) => test.diagnostic()?.flaky === true)
      .map((test) => `passed at a second try: ${module.project.name} ${module.relativeModuleId} > ${test.fullName}`),
  );
}

/** The line that scripts read: `N passed, N failed, N skipped`. */
export function formatTally(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`;
}
