/** Publishing by column: the same as a message for each address, in one piece. */

import assert from "node:assert/strict";
import { type BatchFailure, type MessagingBackend, type OutgoingColumns, rowsOf } from "@muster/core/slots";
import type { MessagingCase, MessagingContext } from "../../case.ts";
import { arrived, codesOf, LARGEST_BODY_BYTES, type Listener, listen, quiet, refused, textOf } from "./support.ts";

const MANY = 3_000;
const BODY = new TextEncoder().encode("the same for all");

function hasColumns({ columns }: MessagingBackend): boolean {
  return columns !== undefined;
}

async function publishColumns(
  { backend, call }: MessagingContext,
  batch: OutgoingColumns,
): Promise<readonly BatchFailure[]> {
  assert.ok(backend.columns, "it publishes by column");
  return backend.columns.publishMany(batch, call);
}

/** Rows from here to there. */
function part({ addresses, columns, ...rest }: OutgoingColumns, from: number, to: number): OutgoingColumns {
  const own = Object.entries(columns).map(([name, values]) => [name, values.slice(from, to)] as const);
  return { ...rest, addresses: addresses.slice(from, to), columns: Object.fromEntries(own) };
}

/** Publishes it, in as many batches as it takes, and asserts that each address gets its message as its row is. */
async function expectRows(ctx: MessagingContext, batch: OutgoingColumns): Promise<void> {
  const rows = rowsOf(batch);
  const listener = await listen(ctx, [...new Set(batch.addresses)], { at: await ctx.peer(), prefetch: rows.length });
  const { maxBatch } = ctx.backend.traits;
  for (let from = 0; from < rows.length; from += maxBatch) {
    assert.deepEqual(await publishColumns(ctx, part(batch, from, from + maxBatch)), [], "failures");
  }
  const sent = rows.map(({ address, headers }) => written(address, headers)).toSorted();
  await ctx.eventually(() => {
    const got = listener.deliveries.map(({ address, headers }) => written(address, headers));
    assert.deepEqual([...new Set(got)].toSorted(), [...new Set(sent)], "messages");
  });
  for (const delivery of listener.deliveries) assert.equal(textOf(delivery), new TextDecoder().decode(batch.body));
}

function written(address: string, headers: Readonly<Record<string, string>>): string {
  return JSON.stringify([address, Object.entries(headers).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

const asRows: MessagingCase = {
  id: "messaging/columns/each-message-as-its-row",
  rule: "Of thousands of messages published by column each arrives on its own address, with the headers of all and its own.",
  slot: "messaging",
  applies: hasColumns,
  async run(ctx) {
    const numbers = Array.from({ length: MANY }, (_, index) => (index < 3 ? index : 1_000 + index));
    await expectRows(ctx, {
      addresses: numbers.map((number) => ["a", "bc", "d"][number % 3] ?? ""),
      headers: { "muster-id": "one", "content-type": "text/plain; charset=utf-8" },
      columns: { "muster-identity": numbers.map((number) => `sensor-${number}`), "muster-epoch": numbers.map(String) },
      body: BODY,
    });
  },
};

const anyText: MessagingCase = {
  id: "messaging/columns/any-text",
  rule: "What is published by column may have any address and any value that a message by itself may have.",
  slot: "messaging",
  applies: hasColumns,
  async run(ctx) {
    const texts = ["plain", " a.b ", "*", ">", "é", "\u{1f600}", "100%25", "a b", "{}", "x".repeat(256), "plain-2"];
    await expectRows(ctx, {
      addresses: texts,
      headers: { "x-shared": " é%" },
      columns: { "muster-identity": texts.toReversed(), "muster-epoch": texts.map((_, index) => String(index)) },
      body: BODY,
    });
    await expectRows(ctx, { addresses: ["none", "at-all"], headers: {}, columns: {}, body: new Uint8Array() });
  },
};

async function expectNothing(ctx: MessagingContext, listener: Listener): Promise<void> {
  await quiet(ctx, listener);
  assert.deepEqual(listener.texts, [], "what arrived");
}

const refusedWhole: MessagingCase = {
  id: "messaging/columns/refused-as-a-whole",
  rule: "Columns of unequal length, an address that is none, too many of them or too large a body are refused before anything is sent.",
  slot: "messaging",
  applies: hasColumns,
  async run(ctx) {
    const listener = await listen(ctx, ["a", "b"]);
    const { maxBatch, maxPayloadBytes } = ctx.backend.traits;
    const good = { addresses: ["a", "b"], headers: {}, columns: { n: ["1", "2"] }, body: BODY };
    const wrong: readonly OutgoingColumns[] = [
      { ...good, columns: { n: ["1"] } },
      { ...good, columns: { n: ["1", "2"], more: ["1", "2", "3"] } },
      { ...good, addresses: ["a", ""] },
      { ...good, addresses: ["a", "line\nbreak"] },
      { ...good, addresses: Array.from({ length: maxBatch + 1 }, () => "a"), columns: {} },
    ];
    for (const batch of wrong) await refused(publishColumns(ctx, batch), "INVALID_ARGUMENT");
    if (maxPayloadBytes <= LARGEST_BODY_BYTES) {
      await refused(publishColumns(ctx, { ...good, body: new Uint8Array(maxPayloadBytes + 1) }), "PAYLOAD_TOO_LARGE");
    }
    await expectNothing(ctx, listener);
    assert.deepEqual(await publishColumns(ctx, { ...good, addresses: [], columns: { n: [] } }), [], "of nothing");
  },
};

const whoFailed: MessagingCase = {
  id: "messaging/columns/failures-by-address",
  rule: "Of messages published by column those that nobody listens for fail with NO_ROUTE, each under the index of its address.",
  slot: "messaging",
  applies: (backend) => hasColumns(backend) && backend.traits.reportsNoReceiver,
  async run(ctx) {
    await listen(ctx, ["a", "c"]);
    const addresses = ["a", "nobody", "c", "no-one"];
    const failures = await publishColumns(ctx, { addresses, headers: {}, columns: { n: addresses }, body: BODY });
    assert.deepEqual(codesOf(failures), [
      [1, "NO_ROUTE"],
      [3, "NO_ROUTE"],
    ]);
  },
};

const freeAfterwards: MessagingCase = {
  id: "messaging/columns/free-after-publishing",
  rule: "Once publishing by column has resolved, the body and the columns are the publisher's to change.",
  slot: "messaging",
  applies: hasColumns,
  async run(ctx) {
    const addresses = ["a", "b", "c", "d"];
    const listener = await listen(ctx, addresses, { at: await ctx.peer() });
    const [body, names] = [BODY.slice(), [...addresses]];
    await publishColumns(ctx, { addresses: names, headers: {}, columns: { n: names }, body });
    body.fill(0);
    names.fill("z");
    for (const delivery of await arrived(ctx, listener, addresses.length)) {
      assert.deepEqual([textOf(delivery), delivery.headers["n"]], ["the same for all", delivery.address]);
    }
  },
};

export const columnCases: readonly MessagingCase[] = [asRows, anyText, refusedWhole, whoFailed, freeAfterwards];
