import type { Call } from "./backend.ts";

/** A call of a backend's, which knows for what method it is. It ends when `origin` does, and makes no signal of its own. */
export class OperationCall implements Call {
  readonly origin: Call;
  /** The slot's method, as it stands in the source of errors. */
  readonly operation: string;

  constructor(origin: Call, operation: string) {
    this.origin = origin;
    this.operation = operation;
  }

  get signal(): AbortSignal {
    return this.origin.signal;
  }
}
