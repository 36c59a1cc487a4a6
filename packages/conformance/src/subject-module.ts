/** A module that exports a subject, or a function that gives one. */

import type { ConformanceOptions } from "./execution.ts";
import type { Subject } from "./subject.ts";
import { asError } from "./thrown.ts";

/** What the module is asked for; its subject is looked at, its options are checked against the catalogue. */
interface SubjectModule {
  readonly subject?: Subject | ((...args: readonly unknown[]) => unknown);
  readonly default?: Subject | ((...args: readonly unknown[]) => unknown);
  readonly options?: ConformanceOptions;
}

/**
 * The subject that the module exports by that name or as its default, and the options beside it; `args` are what a
 * function is called with.
 *
 * @throws Error: it can't be imported, or has no subject.
 */
export async function subjectIn(
  module: URL,
  ...args: readonly unknown[]
): Promise<{ readonly subject: Subject; readonly options: ConformanceOptions }> {
  const imported = await importModule(module);
  const exported = imported.subject ?? imported.default;
  const subject = typeof exported === "function" ? await exported(...args) : exported;
  if (!isSubject(subject))
    throw new Error(`${module.pathname} exports no subject: an object with a name, or a function that gives one`);
  return { subject, options: imported.options ?? {} };
}

async function importModule(module: URL): Promise<SubjectModule> {
  try {
    return (await import(module.href)) as SubjectModule;
  } catch (error) {
    throw new Error(`${module.pathname} could not be imported: ${asError(error).message}`, { cause: error });
  }
}

function isSubject(value: unknown): value is Subject {
  return typeof value === "object" && value !== null && "name" in value && typeof value.name === "string";
}
