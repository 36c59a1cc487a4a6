import fc from "fast-check";
import {
  type BatchFailure,
  type Headers,
  isAddress,
  type Outgoing,
  type OutgoingColumns,
  rowsOf,
} from "@muster/core/slots";
import { assert, describe, expect, test } from "vitest";
import { ADDRESS_HEADER } from "../../src/codec.ts";
import { HeaderDecoder } from "../../src/inbox/header-decoder.ts";
import { Subjects } from "../../src/keys.ts";
import { Writer } from "../../src/writing/writer.ts";

const SUBJECTS = new Subjects("muster", "io.t");
const MAX_MESSAGE_BYTES = 200_000;

/** A server that reads what it is sent as the buffers are when it leaves. */
class Line {
  #sent: Uint8Array[] = [];
  readonly #isFast: () => boolean;

  constructor(isFast: () => boolean) {
    this.#isFast = isFast;
  }

  /** What leaves is read at once, with all that was kept before; what is kept is read later. */
  send(commands: Uint8Array): boolean {
    const hasLeft = this.#isFast();
    this.#sent.push(commands);
    if (hasLeft) this.#sent = [Buffer.concat(this.#sent)];
    return hasLeft;
  }

  arrived(): readonly Arrived[] {
    const bytes = Buffer.concat(this.#sent);
    const arrived: Arrived[] = [];
    for (let at = 0; at < bytes.length; ) at = read(bytes, at, arrived);
    return arrived;
  }
}

interface Arrived {
  readonly subject: string;
  readonly headers: Headers;
  /** A character for each byte. */
  readonly body: string;
}

function read(bytes: Buffer, at: number, into: Arrived[]): number {
  const line = bytes.subarray(at, bytes.indexOf("\r\n", at)).toString("latin1");
  const [verb, subject = "", ...numbers] = line.split(" ");
  assert.include(["PUB", "HPUB"], verb);
  assert.lengthOf(numbers, verb === "PUB" ? 1 : 2);
  const [headerBytes, bytesInAll] = verb === "PUB" ? [0, Number(numbers[0])] : numbers.map(Number);
  const from = at + line.length + 2;
  const to = from + (bytesInAll ?? Number.NaN);
  assert.equal(bytes.subarray(to, to + 2).toString("latin1"), "\r\n");
  const block = bytes.subarray(from, from + (headerBytes ?? 0));
  if (verb === "HPUB") assert.isTrue(block.toString("latin1").endsWith("\r\n\r\n"));
  into.push({
    subject,
    headers: new HeaderDecoder().decode(block, 0, block.length),
    body: bytes.toString("latin1", from + block.length, to),
  });
  return to + 2;
}

function written(batches: readonly (readonly Outgoing[])[], isFast = (): boolean => true): readonly Arrived[] {
  const line = new Line(isFast);
  const writer = new Writer(line, SUBJECTS);
  for (const batch of batches) assert.deepEqual(writer.write(batch, MAX_MESSAGE_BYTES), []);
  return line.arrived();
}

function expected({ address, headers, body }: Outgoing): Arrived {
  return { subject: SUBJECTS.of(address), headers: { ...headers }, body: Buffer.from(body).toString("latin1") };
}

const text = fc.string({ unit: "grapheme", minLength: 1 }).filter((value) => !/[\p{Cc}\p{Cs}]/u.test(value));
const ascii = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
const address = fc.oneof(ascii, fc.string({ unit: "grapheme" }), fc.constant("/".repeat(171))).filter(isAddress);
const value = fc.oneof(
  text,
  ascii.filter((each) => each !== ""),
  fc.constantFrom("1", "2", " ", "100%"),
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 50 }),
  fc.constantFrom(new Uint8Array(30_000), new Uint8Array(70_000)),
);
const alike = fc.record({ id: fc.constantFrom("m-1", "m-2"), identity: value, epoch: fc.nat().map(String) });
const headers: fc.Arbitrary<Headers> = fc.oneof(
  { weight: 3, arbitrary: alike },
  fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/), value, { maxKeys: 4, noNullPrototype: true }),
);
const message: fc.Arbitrary<Outgoing> = fc.record({ address, headers, body });

describe("what is written", () => {
  test("is every message with its own subject, headers and body, whatever stands before it and however fast it leaves", () => {
    const batches = fc.array(fc.array(message, { maxLength: 12 }), { maxLength: 4 });
    fc.assert(
      fc.property(batches, fc.array(fc.boolean(), { minLength: 1 }), (all, fast) => {
        let sends = 0;
        const arrived = written(all, () => fast[sends++ % fast.length] ?? true);
        assert.deepEqual(arrived, all.flat().map(expected));
      }),
      { verbose: true },
    );
  });

  test("is by column what it is message by message", () => {
    const row = fc.record({ address, identity: value, epoch: fc.nat().map(String) });
    const shared = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), value, { maxKeys: 3, noNullPrototype: true });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), shared, body, fc.boolean(), (rows, common, payload, isFast) => {
        const batch: OutgoingColumns = {
          addresses: rows.map((one) => one.address),
          headers: common,
          columns: {
            "muster-identity": rows.map(({ identity }) => identity),
            "muster-epoch": rows.map(({ epoch }) => epoch),
          },
          body: payload,
        };
        const line = new Line(() => isFast);
        const writer = new Writer(line, SUBJECTS);
        assert.deepEqual(writer.writeColumns(batch, MAX_MESSAGE_BYTES), []);
        assert.deepEqual(writer.write(rowsOf(batch), MAX_MESSAGE_BYTES), []);
        const expectedRows = rowsOf(batch).map(expected);
        assert.deepEqual(line.arrived(), [...expectedRows, ...expectedRows]);
      }),
      { verbose: true },
    );
  });

  test("is a multicast whose messages differ in identity and epoch, however many there are", () => {
    const batch = Array.from({ length: 1_500 }, (_, index) => ({
      address: `own/${index}`,
      headers: {
        "muster-id": "m-1",
        "muster-identity": `sensor-${index}`,
        "muster-epoch": String(2 ** 53 - 1 - index),
      },
      body: Buffer.from("payload"),
    }));
    for (const isFast of [true, false]) {
      assert.deepEqual(
        written([batch], () => isFast),
        batch.map(expected),
      );
    }
  });

  test("is messages that are equally long with one body, whatever of them has to be encoded", () => {
    const four = (...characters: string[]): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(...characters), minLength: 4, maxLength: 4 });
    const same = new Uint8Array([1, 2, 3]);
    const one: fc.Arbitrary<Outgoing> = fc.record({
      address: fc.oneof(four("a", "b"), four("a", "."), four("a", "é")),
      headers: fc.record({ id: fc.constantFrom("m-1"), to: fc.oneof(four("a", "b"), four("a", "%", " ", "é")) }),
      body: fc.constantFrom(same, same, new Uint8Array([4, 5, 6])),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 30 }), (batch) => {
        assert.deepEqual(written([batch]), batch.map(expected));
      }),
      { verbose: true },
    );
  });

  test("is equally long messages also where the first are not, and the buffer is written over many times", () => {
    const shared = Buffer.from("payload");
    const batch = Array.from({ length: 3_000 }, (_, index) => ({
      address: index < 2 ? "a-longer-one" : `own-${1_000 + index}`,
      headers: { "muster-id": "m-1", "muster-identity": `sensor-${1_000 + index}` },
      body: shared,
    }));
    assert.deepEqual(written([batch]), batch.map(expected));
  });

  test("is a body as it is at the time, also where its owner has written it over since the last batch", () => {
    const shared = Uint8Array.of(1);
    const batch = ["a", "b", "c"].map((name) => ({ address: name, headers: { to: name }, body: shared }));
    const line = new Line(() => true);
    const writer = new Writer(line, SUBJECTS);
    for (const byte of [1, 2]) {
      shared[0] = byte;
      assert.deepEqual(writer.write(batch, MAX_MESSAGE_BYTES), []);
    }
    assert.deepEqual(
      line.arrived().map(({ body: sent }) => sent),
      ["\u0001", "\u0001", "\u0001", "\u0002", "\u0002", "\u0002"],
    );
  });

  test("carries the address where the subject is a hash of it", () => {
    const long = "\u{1f600}".repeat(64);
    const line = new Line(() => true);
    new Writer(line, SUBJECTS).write([{ address: long, headers: { a: "1" }, body: new Uint8Array() }], 1_000);
    expect(line.arrived()).toMatchObject([{ subject: SUBJECTS.of(long), headers: { a: "1" } }]);
    assert.notProperty(line.arrived()[0]?.headers, ADDRESS_HEADER);
  });

  test("is without the messages that can't be, each of which fails by itself", () => {
    const line = new Line(() => true);
    const writer = new Writer(line, SUBJECTS);
    const failures = writer.write(
      [
        { address: "a", headers: { a: "1" }, body: new Uint8Array(1) },
        { address: "b", headers: { "a b": "1" }, body: new Uint8Array(1) },
        { address: "c", headers: { "a b": "1" }, body: new Uint8Array(1) },
        { address: "d", headers: { a: "2" }, body: new Uint8Array(100) },
        { address: "e", headers: { a: "3".repeat(70) }, body: new Uint8Array(1) },
        { address: "f", headers: { a: "é".repeat(12) }, body: new Uint8Array(1) },
        { address: "g", headers: { a: "4" }, body: new Uint8Array(1) },
      ],
      80,
    );
    assert.deepEqual(failures.map(summary), [
      [1, "INVALID_ARGUMENT"],
      [2, "INVALID_ARGUMENT"],
      [3, "PAYLOAD_TOO_LARGE"],
      [4, "PAYLOAD_TOO_LARGE"],
      [5, "PAYLOAD_TOO_LARGE"],
    ]);
    assert.deepEqual(
      line.arrived().map(({ subject }) => subject),
      [SUBJECTS.of("a"), SUBJECTS.of("g")],
    );
  });
});

describe("by column", () => {
  test("what is too long fails by itself, and a name that is none as a whole", () => {
    const line = new Line(() => true);
    const writer = new Writer(line, SUBJECTS);
    const batch = { addresses: ["a", "b", "c"], headers: {}, body: new Uint8Array(1) };
    const failures = writer.writeColumns({ ...batch, columns: { a: ["1", "3".repeat(70), "4"] } }, 80);
    assert.deepEqual(failures.map(summary), [[1, "PAYLOAD_TOO_LARGE"]]);
    expect(() => writer.writeColumns({ ...batch, columns: { "a b": ["1", "2", "3"] } }, 80)).toThrow(
      /INVALID_ARGUMENT/,
    );
    assert.deepEqual(
      line.arrived().map(({ subject }) => subject),
      [SUBJECTS.of("a"), SUBJECTS.of("c")],
    );
  });
});

function summary({ index, error }: BatchFailure): readonly [number, string] {
  return [index, error.code];
}
