import type { Delivery, Headers } from "./messaging.ts";

/**
 * A delivery, by a class: what V8 makes of a literal it makes in its old space for good, once most of it has outlived some
 * collections, as when messages wait. There it keeps all that it holds until a full collection, and a receiver takes twice
 * the processor time for as long as it lives. What a class makes V8 leaves where it is.
 */
export class Arrived implements Delivery {
  readonly address: string;
  readonly headers: Headers;
  readonly body: Uint8Array;

  constructor(address: string, headers: Headers, body: Uint8Array) {
    this.address = address;
    this.headers = headers;
    this.body = body;
  }
}
