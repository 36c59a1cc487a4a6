import type { Call } from "@muster/core/slots";

/** What a request needs to know of the method that it is for. */
export interface QueueCall extends Call {
  /** The slot's method, as it stands in the source of errors. */
  readonly operation: string;
}
