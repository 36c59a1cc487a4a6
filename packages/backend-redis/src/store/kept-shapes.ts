import { registrationOf, StampReader } from "../codec.ts";
import { LongCommand } from "../connection/long-command.ts";
import { Appetite } from "./appetite.ts";
import { shapesOfPages } from "./page-reading.ts";

const STAMP: Buffer = Buffer.from(["1", "s", "never", "1", "1", "0", "", "s", "a", "", "0"].join("\0"));

/**
 * One of each kind of object that lasts as long as a page or a command, to be held as long as there may be more.
 *
 * V8 forgets the shape of objects of which a full collection finds none, and with it throws away all optimized code that
 * handles them: the next 10,000 routes would take four times as long (3.4 instead of 0.9 µs of the process' time each).
 */
export function keptShapes(): readonly unknown[] {
  const reader = new StampReader();
  const route = reader.readRoute("", STAMP);
  const registration = registrationOf("", reader.read(STAMP), {});
  const command = new LongCommand("ping", [], { replyEncoding: null });
  return [reader, route, registration, command, new Appetite(1), ...shapesOfPages(STAMP)];
}
