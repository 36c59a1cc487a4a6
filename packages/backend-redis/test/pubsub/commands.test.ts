/** Commands that publish, against the same put together text by text. */

import { type Headers, type Outgoing, rowsOf } from "@muster/core/slots";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter } from "../../src/connection/byte-writer.ts";
import { replyEnd } from "../../src/connection/reply-end.ts";
import { arrivalOf } from "../../src/pubsub/arrivals.ts";
import { PublishWriter } from "../../src/pubsub/commands.ts";
import { EnvelopeReader } from "../../src/pubsub/envelope.ts";
import { ColumnLetters, type Letters, RowLetters } from "../../src/pubsub/letters.ts";

const PREFIX = "muster:{a}:";
const BODIES = [Buffer.from("body"), Buffer.from("BODY"), Buffer.alloc(3_000, "b"), Buffer.alloc(0)] as const;

function written(letters: Letters): Buffer {
  const writer = new ByteWriter(16);
  const publish = new PublishWriter(PREFIX, letters);
  for (let index = 0; index < letters.size; index += 1) publish.write(writer, index);
  return writer.written;
}

/** Arguments of the commands, whose form is that of a reply. */
function argumentsIn(bytes: Buffer): readonly (readonly Buffer[])[] {
  const commands: Buffer[][] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = replyEnd(bytes, at);
    const command: Buffer[] = [];
    for (let from = bytes.indexOf("\n", at) + 1; from < end; from = replyEnd(bytes, from)) {
      command.push(bytes.subarray(bytes.indexOf("\n", from) + 1, replyEnd(bytes, from) - 2));
    }
    commands.push(command);
    at = end;
  }
  return commands;
}

/** Channels and what a receiver reads, of each command. */
function published(letters: Letters): readonly unknown[] {
  const reader = new EnvelopeReader();
  return argumentsIn(written(letters)).map(
    ([name, channel = Buffer.alloc(0), message = Buffer.alloc(0), ...surplus]) => {
      expect([String(name), surplus]).toEqual(["PUBLISH", []]);
      const envelope = reader.read(arrivalOf(channel, message));
      return [String(channel), { ...envelope?.headers }, [...(envelope?.body ?? [])]];
    },
  );
}

function expected(batch: readonly Outgoing[]): readonly unknown[] {
  return batch.map(({ address, headers, body }) => [PREFIX + address, { ...headers }, [...body]]);
}

test("messages of one multicast, of equal lengths and of others, are published as they are", () => {
  const name = fc.constantFrom("a", "b", "é", "cc", "dd", "😀");
  const headers = fc
    .tuple(fc.constantFrom("1", "2"), name, fc.constantFrom("7", "8", "10"))
    .map(([id, identity, epoch]): Headers => ({ "muster-id": id, "muster-identity": identity, "muster-epoch": epoch }));
  const others = fc.constantFrom<Headers>({}, { "muster-id": "1" }, { other: "a" });
  const message = fc.record<Outgoing>({
    address: name,
    headers: fc.oneof({ weight: 9, arbitrary: headers }, others),
    body: fc.constantFrom(...BODIES),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 30 }), (batch) => {
      expect(published(new RowLetters(batch))).toEqual(expected(batch));
    }),
    { numRuns: 300 },
  );
});

test("messages by column are published as their rows are", () => {
  const text = fc.constantFrom("a", "b", "é", "cc", "dd", "😀");
  const row = fc.tuple(text, text, fc.constantFrom("7", "8", "10"));
  const shared = fc.constantFrom<Headers>({}, { "muster-id": "1", other: "ü" });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), shared, fc.constantFrom(...BODIES), (rows, headers, body) => {
      const columns = {
        addresses: rows.map(([address]) => address),
        headers,
        columns: { "muster-identity": rows.map((one) => one[1]), "muster-epoch": rows.map((one) => one[2]) },
        body,
      };
      expect(published(new ColumnLetters(columns))).toEqual(expected(rowsOf(columns)));
    }),
    { numRuns: 300 },
  );
});

test("what has to be encoded comes between messages of equal lengths as it is", () => {
  const [body] = BODIES;
  const to = (address: string, headers: Headers): Outgoing => ({ address, headers, body });
  const batch = [
    to("a", { kind: "x" }),
    to("b", { kind: "x" }),
    to("c", { kind: "x" }),
    to("é", { sort: "y" }),
    to("d", { sort: "y" }),
    to("e", { sort: "z" }),
    to("f", { sort: "ü" }),
    to("g", { sort: "w" }),
  ];
  expect(published(new RowLetters(batch))).toEqual(expected(batch));
});

test("a header that is none is told, wherever it comes", () => {
  const [body] = BODIES;
  const batch = ["a", "b", "c", "\n"].map((value) => ({ address: "x", headers: { kind: value }, body }));
  expect(() => written(new RowLetters(batch))).toThrow("a header's value has no control characters");
});
