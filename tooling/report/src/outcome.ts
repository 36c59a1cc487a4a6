import type { TestModule } from "vitest/node";
import { tallyOf } from "./tally.ts";
import type { Tally } from "./tally.ts";

/** A server that a test file asked for in vain, and the command that gets it. */
export interface MissingServer {
  readonly server: string;
  readonly command: string;
}

/** What became of one test file; `file` is relative to its project. */
export interface Outcome {
  readonly project: string;
  readonly file: string;
  readonly tally: Tally;
  readonly missing: readonly MissingServer[];
}

// The name that `withServer` of tooling/servers gives to the test that stands for those it could not declare.
const notRun = /^NOT RUN: needs (?<server>\w+) \((?<command>.+)\)$/;

export function outcomeOf(module: TestModule): Outcome {
  const missing = [...module.children.allTests()].flatMap(({ name }) => {
    const { server, command } = notRun.exec(name)?.groups ?? {};
    return server === undefined || command === undefined ? [] : [{ server, command }];
  });
  return { project: module.project.name, file: module.relativeModuleId, tally: tallyOf([module], 0), missing };
}

/** A line for each missing server: its command, and whose tests wait for it. */
export function listMissing(outcomes: readonly Outcome[]): readonly string[] {
  const waiting = new Map<string, Set<string>>();
  for (const { project, missing } of outcomes) {
    for (const { server, command } of missing) {
      const line = `NOT RUN without ${server} (${command})`;
      waiting.set(line, (waiting.get(line) ?? new Set()).add(project));
    }
  }
  return [...waiting].map(([line, projects]) => `${line}: ${[...projects].join(", ")}`);
}
