import { expect, test } from "vitest";
import type { Message } from "../../../src/message.ts";
import { openNode } from "../../../src/receiving/node.ts";
import { interposed } from "../../support/interposed.ts";
import { open, settled } from "../../support/node.ts";
import { CALL, collector, openMessaging } from "../../support/world.ts";
import { memoryHub } from "@muster/backend-memory";

test("an identity address is live from add to remove, and carries raw messages", async () => {
  const fixture = await open();
  const got: Message[] = [];
  fixture.node.expect("ada").attach(3, collector(got));
  const headers = {
    "muster-version": "1",
    "muster-id": "m",
    "muster-identity": "ada",
    "muster-epoch": "3",
    "muster-sent-at": "9",
    "content-type": "text/plain",
  };
  const outgoing = { address: "device/ada", headers, body: Buffer.from("raw") };
  await fixture.node.addAddress("device/ada", CALL);
  expect(await fixture.broker.publishMany([outgoing], CALL)).toEqual([]);
  await settled(fixture);
  expect(got.map((message) => [message.text(), message.sentAt, message.contentType])).toEqual([
    ["raw", 9, "text/plain"],
  ]);
  await fixture.node.removeAddress("device/ada", CALL);
  const [failure] = await fixture.broker.publishMany([outgoing], CALL);
  expect(failure?.error.code).toBe("NO_ROUTE");
  await fixture.node.close();
});

test("a node nobody opened does no I/O", async () => {
  const broker = await openMessaging(memoryHub());
  const calls: string[] = [];
  const messaging = interposed(broker, {
    openInbox: (original) => (options, call) => {
      calls.push("openInbox");
      return original(options, call);
    },
  });
  const node = openNode({
    messaging,
    events: { onReplaced: () => {}, onRoute: () => {}, onBell: () => {}, onReceipts: () => {} },
    warn: () => {},
  });
  await node.close();
  expect(calls).toEqual([]);
  await expect(node.open(CALL)).rejects.toMatchObject({ code: "CLOSED" });
});

test("an aborted caller stops waiting, and the next one succeeds", async () => {
  const { node } = await open();
  await expect(node.addAddress("x", { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
  await node.addAddress("x", CALL);
  await node.close();
});
