/** A request, and what it asks for. */

import type { Operation } from "../store/operation.ts";
import { OPERATIONS } from "../store/operations.ts";
import type { Request } from "./messages.ts";

type AnyOperation = Operation<unknown, unknown>;

export interface Task {
  readonly request: Request;
  readonly operation: AnyOperation;
}

export function taskOf(request: Request): Task {
  const operations = OPERATIONS as unknown as Readonly<Record<string, AnyOperation>>; // The client gives what each takes.
  const operation = operations[request.name];
  if (operation === undefined) throw new Error(`there is no operation ${request.name}`);
  return { request, operation };
}
