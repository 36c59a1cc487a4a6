import type { Call, MessagingBackend } from "@muster/core/slots";
import { expect, test } from "vitest";
import { type MemoryHub, memoryFaults, memoryHub, memoryMessaging } from "../../src/index.ts";
import { ABORTED_CALL, CALL, NAMESPACE } from "../support.ts";
import { drain, listen, message, open, texts } from "./support.ts";

const operations: readonly (readonly [string, (messaging: MessagingBackend, call: Call) => Promise<unknown>])[] = [
  ["publishMany", (messaging, call) => messaging.publishMany([], call)],
  ["openInbox", (messaging, call) => messaging.openInbox({ prefetch: 1 }, call)],
];

test.each(operations)("%s before open, and after close, rejects with CLOSED", async (name, operation) => {
  const messaging = memoryMessaging();
  await expect(operation(messaging, CALL)).rejects.toMatchObject({ code: "CLOSED", source: `memory.${name}` });
  await messaging.open({ namespace: NAMESPACE }, CALL);
  await messaging.close();
  await messaging.close();
  await expect(operation(messaging, CALL)).rejects.toMatchObject({ code: "CLOSED" });
});

test.each(operations)("%s with a call given up rejects with ABORTED", async (name, operation) => {
  await expect(operation(await open(), ABORTED_CALL)).rejects.toMatchObject({
    code: "ABORTED",
    source: `memory.${name}`,
    mayHaveApplied: false,
  });
});

test("a publish in flight when the publisher closes rejects with CLOSED", async () => {
  const messaging = await open();
  await listen(messaging, ["a"], 1);
  const publishing = messaging.publishMany([message("a"), message("a")], CALL);
  const closing = messaging.close();
  await expect(publishing).rejects.toMatchObject({ code: "CLOSED" });
  await closing;
});

test("an inbox of a process whose route is cut gets nothing, and all of it back when it is healed", async () => {
  const hub: MemoryHub = memoryHub();
  const faults = memoryFaults();
  const [process, other] = [await open({ hub, faults }), await open({ hub })];
  const states: string[] = [];
  const inbox = await process.openInbox({ prefetch: 9, onRoute: (state) => states.push(state) }, CALL);
  await inbox.addMany(["a", "b"], CALL);
  faults.down("route");
  expect(await other.publishMany([message("a")], CALL)).toMatchObject([{ error: { code: "NO_ROUTE" } }]);
  await expect(inbox.addMany(["c"], CALL)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  faults.up("route");
  expect(await other.publishMany([message("a", "1"), message("b", "2")], CALL)).toEqual([]);
  expect(states).toEqual(["down", "up"]);
  expect(texts(await drain(inbox))).toEqual(["1", "2"]);
});
