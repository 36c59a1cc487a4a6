import type { NatsConnection, Subscription } from "@nats-io/transport-node";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Reader, readerOn } from "../../src/connection/reader.ts";

/** A connection as far as a reader knows it; what its own parser is given, by operation. */
class Driver {
  readonly given: string[] = [];
  readonly reader: Reader;
  readonly protocol: { parser: { state: number; parse(bytes: Uint8Array): void } };

  constructor() {
    this.protocol = { parser: this.newParser() };
    const reader = readerOn(this as object as NatsConnection);
    if (reader === undefined) throw new Error("no reader");
    this.reader = reader;
  }

  newParser(): { state: number; parse(bytes: Uint8Array): void } {
    return { state: 0, parse: (bytes) => void this.given.push(Buffer.from(bytes).toString("latin1")) };
  }

  /** Headers and body of all that comes to the subscription. */
  listen(id: number): { readonly got: string[]; close(): Promise<void> } {
    const got: string[] = [];
    let close = (): void => {};
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    this.reader.listen({ getID: () => id, closed } as Partial<Subscription> as Subscription, {
      take: (bytes, headersAt, bodyAt, end) =>
        void got.push(`${bytes.toString("latin1", headersAt, bodyAt)}|${bytes.toString("latin1", bodyAt, end)}`),
      refuse: () => {},
    });
    return {
      got,
      close: async () => {
        close();
        await closed;
      },
    };
  }

  say(text: string): void {
    this.protocol.parser.parse(Buffer.from(text, "latin1"));
  }
}

function msg(id: number, body: string, reply = ""): string {
  return `MSG a.b ${id} ${reply}${body.length}\r\n${body}\r\n`;
}

function hmsg(id: number, headers: string, body: string, reply = ""): string {
  return `HMSG a.b ${id} ${reply}${headers.length} ${headers.length + body.length}\r\n${headers}${body}\r\n`;
}

const HEADERS = "NATS/1.0\r\na: 1\r\n\r\n";

test("a listener gets headers and body of its subscription, and the driver all the rest, in order", () => {
  const driver = new Driver();
  const { got } = driver.listen(1);
  const rest = ["PING\r\n", "+OK\r\n", msg(2, "other"), hmsg(11, HEADERS, "eleven"), "-ERR 'no'\r\n", "INFO {}\r\n"];
  driver.say(msg(1, "x") + rest[0] + hmsg(1, HEADERS, "y\r\nz") + rest.slice(1).join("") + msg(1, "", "re.1 "));
  expect(got).toEqual(["|x", `${HEADERS}|y\r\nz`, "|"]);
  expect(driver.given).toEqual(rest);
});

test("it makes no difference where the stream is cut", () => {
  const body = fc.oneof(
    fc.string({ unit: "binary-ascii", maxLength: 20 }),
    fc.constantFrom("\r\n", "MSG a 1 3\r\n", ""),
  );
  const reply = fc.constantFrom("", "reply.7 ", "8 ");
  const operation = fc.oneof(
    fc.constantFrom("PING\r\n", "PONG\r\n", "-ERR 'x'\r\n"),
    fc.tuple(fc.constantFrom(1, 2, 12), body, reply).map(([id, text, to]) => msg(id, text, to)),
    fc.tuple(fc.constantFrom(1, 2, 12), body, reply).map(([id, text, to]) => hmsg(id, HEADERS, text, to)),
  );
  fc.assert(
    fc.property(fc.array(operation), fc.array(fc.nat()), (operations, cuts) => {
      const stream = operations.join("");
      const [whole, cut] = [new Driver(), new Driver()];
      const heard = [whole, cut].map((driver) => driver.listen(1).got);
      whole.say(stream);
      const places = cuts.map((at) => at % (stream.length + 1)).sort((a, b) => a - b);
      for (const [index, at] of [0, ...places].entries()) cut.say(stream.slice(at, places[index] ?? stream.length));
      expect(heard[1]).toEqual(heard[0]);
      expect(heard[0]?.length).toBe(operations.filter((text) => /^H?MSG a\.b 1 /.test(text)).length);
      expect(cut.given).toEqual(whole.given);
      expect(whole.given).toEqual(operations.filter((text) => !/^H?MSG a\.b 1 /.test(text)));
    }),
    { verbose: true },
  );
});

test("a message in many pieces is put together once", () => {
  const driver = new Driver();
  const { got } = driver.listen(1);
  const body = "0123456789".repeat(20_000);
  const stream = hmsg(1, HEADERS, body) + msg(1, "next");
  for (let at = 0; at < stream.length; at += 1_000) driver.say(stream.slice(at, at + 1_000));
  expect(got).toEqual([`${HEADERS}|${body}`, "|next"]);
});

test("a subscription that has been closed is the driver's again", async () => {
  const driver = new Driver();
  const { got, close } = driver.listen(1);
  await close();
  driver.say(msg(1, "late"));
  expect(got).toEqual([]);
  expect(driver.given).toEqual([msg(1, "late")]);
});

test.for([
  ["an operation that is none", "FOO\r\n"],
  ["a size that is no number", "MSG a.b 1 x\r\nyy\r\n"],
  ["more headers than there is message", `HMSG a.b 1 9 3\r\nabc\r\n`],
  ["a message longer than it says", "MSG a.b 1 2\r\nabcd\r\n"],
])("from %s on the driver reads by itself, until the next connection", ([, strange]) => {
  for (const pieces of [1, 3, 1_000]) {
    const driver = new Driver();
    const { got } = driver.listen(1);
    const stream = msg(1, "before") + strange + msg(1, "after");
    const length = Math.ceil(stream.length / pieces);
    for (let at = 0; at < stream.length; at += length) driver.say(stream.slice(at, at + length));
    expect(got).toEqual(["|before"]);
    expect(driver.given.join("")).toBe(strange + msg(1, "after"));
    driver.given.length = 0;
    driver.protocol.parser = driver.newParser();
    driver.say(msg(1, "again"));
    expect(got).toEqual(["|before", "|again"]);
    expect(driver.given).toEqual([]);
  }
});

test("what was cut off by the end of a connection is forgotten", () => {
  const driver = new Driver();
  const { got } = driver.listen(1);
  for (const cut of ["MSG a.b", "MSG a.b 1 5\r\nab"]) {
    driver.say(cut);
    driver.protocol.parser = driver.newParser();
    driver.say(msg(1, cut.length === 7 ? "x" : "y"));
  }
  expect(got).toEqual(["|x", "|y"]);
});

test.for<[string, object]>([
  ["no protocol", {}],
  ["no parser", { protocol: {} }],
  ["a parser in the middle of something", { protocol: { parser: { state: 3, parse: () => {} } } }],
  ["a parser that tells no state", { protocol: { parser: { parse: () => {} } } }],
  ["a parser that can't be replaced", { protocol: Object.freeze({ parser: { state: 0, parse: () => {} } }) }],
])("a driver with %s reads by itself", ([, connection]) => {
  expect(readerOn(connection as NatsConnection)).toBeUndefined();
});
