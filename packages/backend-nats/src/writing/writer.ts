/**
 * Writes messages as the bytes that go to the server, many of them to a buffer. The driver's own `publish` makes three
 * buffers and a turn of its outbox of each message, which with headers costs as much again as all the rest.
 *
 * Protocol: `PUB subject bytes` or `HPUB subject header-bytes total-bytes`, a line end, headers, body, a line end.
 * https://docs.nats.io/reference/reference-protocols/nats-protocol
 */

import { type BatchFailure, type Outgoing, type OutgoingColumns, rowReader } from "@muster/core/slots";
import { ADDRESS_HEADER, encodeHeaders } from "../codec.ts";
import { codedError, tooLarge } from "../errors.ts";
import type { Subjects } from "../keys.ts";
import { FRAMING_BYTES, Form, putBody } from "./form.ts";
import type { Outlet } from "./outlet.ts";

const CHUNK_BYTES = 65_536;
const NONE = Buffer.alloc(0);

/** On one connection, for the messages of one namespace. */
export class Writer {
  readonly #outlet: Outlet;
  readonly #subjects: Subjects;
  readonly #command: string;
  /** Once it has left it is written again: a buffer that the processor has at hand is filled twice as fast as a new one. */
  #chunk: Buffer = NONE;
  #from = 0;
  #to = 0;
  readonly #bare: Form = Form.ofNone();
  #form: Form = this.#bare;

  constructor(outlet: Outlet, subjects: Subjects) {
    this.#outlet = outlet;
    this.#subjects = subjects;
    this.#command = `HPUB ${subjects.base}`;
  }

  /** When it returns all have left or wait in the driver, but for those that have failed, each by itself. */
  write(batch: readonly Outgoing[], maxMessageBytes: number): BatchFailure[] {
    const failures: BatchFailure[] = [];
    this.#form = this.#bare; // What differs between two multicasts is the same in all messages of one.
    let index = 0;
    for (const message of batch) {
      try {
        this.#write(message, maxMessageBytes);
      } catch (error) {
        failures.push({ index, error: codedError(error, { operation: "publishMany", subject: message.address }) });
      }
      index += 1;
    }
    this.#flush();
    return failures;
  }

  /** As {@link write}. */
  writeColumns(batch: OutgoingColumns, maxMessageBytes: number): BatchFailure[] {
    const failures: BatchFailure[] = [];
    const { addresses, body } = batch;
    const columns = Object.values(batch.columns);
    const rowAt = rowReader(batch);
    this.#form = Form.ofColumns(batch);
    for (let index = 0; index < addresses.length; index += 1) {
      const address = addresses[index] ?? "";
      this.#form.take(columns, index);
      if (this.#put(address, body, maxMessageBytes)) continue;
      try {
        this.#spellOut(rowAt(index), maxMessageBytes);
      } catch (error) {
        failures.push({ index, error: codedError(error, { operation: "publishMany", subject: address }) });
      }
    }
    this.#flush();
    return failures;
  }

  #write(message: Outgoing, maxMessageBytes: number): void {
    const { address, headers, body } = message;
    if (!this.#form.fits(headers)) this.#form = this.#form.widened(headers);
    if (!this.#put(address, body, maxMessageBytes)) this.#spellOut(message, maxMessageBytes);
  }

  /** Of the form's message. False: it is to be spelt out. */
  #put(address: string, body: Uint8Array, maxMessageBytes: number): boolean {
    const bytes = this.#form.headerBytes + body.length;
    if (bytes > maxMessageBytes) return false;
    this.#makeRoom(this.#command.length + 3 * address.length + bytes + FRAMING_BYTES);
    const to = this.#form.put(this.#chunk, this.#to, this.#command, address, body);
    if (to >= 0) this.#to = to;
    return to >= 0;
  }

  /** What can't be copied together: no headers at all, other letters than ASCII, long addresses. */
  #spellOut({ address, headers, body }: Outgoing, maxMessageBytes: number): void {
    const subject = this.#subjects.of(address);
    const isReversible = this.#subjects.isReversible(subject);
    const head = encodeHeaders(isReversible ? headers : { ...headers, [ADDRESS_HEADER]: address });
    const bytes = head.length + body.length;
    if (bytes > maxMessageBytes) throw tooLarge(bytes, maxMessageBytes, "the server takes, with headers,", address);
    const command = head === "" ? `PUB ${subject} ${bytes}\r\n` : `HPUB ${subject} ${head.length} ${bytes}\r\n${head}`;
    this.#makeRoom(command.length + body.length + FRAMING_BYTES);
    this.#to = putBody(this.#chunk, this.#to + this.#chunk.write(command, this.#to, "latin1"), body);
  }

  #makeRoom(bytes: number): void {
    if (this.#to + bytes <= this.#chunk.length) return;
    this.#flush();
    if (this.#to + bytes <= this.#chunk.length) return;
    this.#chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes));
    this.#from = 0;
    this.#to = 0;
  }

  #flush(): void {
    if (this.#to === this.#from) return;
    const hasLeft = this.#outlet.send(this.#chunk.subarray(this.#from, this.#to));
    if (this.#chunk.length > CHUNK_BYTES) this.#chunk = NONE;
    if (hasLeft || this.#chunk === NONE) this.#to = 0;
    this.#from = this.#to;
  }
}
