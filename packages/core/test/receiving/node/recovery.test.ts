import { memoryFaults, memoryHub } from "@muster/backend-memory";
import { expect, test } from "vitest";
import type { Message } from "../../../src/message.ts";
import { openNode } from "../../../src/receiving/node.ts";
import type { Inbox } from "../../../src/slots/index.ts";
import { eventually } from "../../support/eventually.ts";
import { interposed } from "../../support/interposed.ts";
import { type Fixture, open, send, settled } from "../../support/node.ts";
import { CALL, collector, openMessaging } from "../../support/world.ts";

test("what can't be read is told once for each kind, and what comes after is read", async () => {
  const fixture = await open();
  const got: Message[] = [];
  fixture.node.expect("ada").attach(1, collector(got));
  const { address } = fixture.node;
  for (const bytes of [[], [9, 9], [1, 1, 0], [7], []]) {
    await fixture.broker.publishMany([{ address, headers: {}, body: new Uint8Array(bytes) }], CALL);
  }
  await send(fixture.broker, address, [["ada", 1]]);
  await settled(fixture);
  expect(got).toHaveLength(1);
  expect(fixture.warnings.map(({ code }) => code)).toEqual(["INTERNAL", "UNSUPPORTED"]);
  await fixture.node.close();
});

test("a broken inbox is opened again with all its addresses, and the route is told down and up", async () => {
  const inboxes: Inbox[] = [];
  const fixture = await open((plain) =>
    interposed(plain, {
      openInbox: (original) => async (options, call) => {
        const inbox = await original(options, call);
        inboxes.push(inbox);
        return inbox;
      },
    }),
  );
  const got: Message[] = [];
  fixture.node.expect("ada").attach(1, collector(got));
  await fixture.node.addAddress("device/ada", CALL);
  await inboxes[0]?.[Symbol.asyncDispose]();
  await eventually("the route is up again", () => fixture.routes.length === 3);
  expect(fixture.routes).toEqual(["up", "down", "up"]);
  expect(fixture.warnings.map(({ code }) => code)).toEqual(["UNAVAILABLE"]);
  await send(fixture.broker, fixture.node.address, [["ada", 1]]);
  expect(
    await fixture.broker.publishMany([{ address: "device/ada", headers: {}, body: new Uint8Array() }], CALL),
  ).toEqual([]);
  await settled(fixture);
  expect(got).toHaveLength(1);
  await fixture.node.close();
});

test("while the inbox is being opened again, new addresses wait for it, and failures are tried again", async () => {
  const inboxes: Inbox[] = [];
  let refusals = 0;
  const fixture = await open((plain) =>
    interposed(plain, {
      openInbox: (original) => async (options, call) => {
        if (inboxes.length === 1 && refusals < 3) {
          refusals += 1;
          throw new Error("not yet");
        }
        const inbox = await original(options, call);
        inboxes.push(inbox);
        return inbox;
      },
    }),
  );
  await inboxes[0]?.[Symbol.asyncDispose]();
  await eventually("the route is down", () => fixture.routes.includes("down"));
  await fixture.node.addAddress("device/ada", CALL);
  expect(fixture.routes).toEqual(["up", "down", "up"]);
  expect(refusals).toBe(3);
  await fixture.node.close();
});

test("an address that was added to an inbox as it broke is live on the next one", async () => {
  let opened = 0;
  const fixture = await open((plain) =>
    interposed(plain, {
      openInbox: (original) => async (options, call) => {
        const inbox = await original(options, call);
        opened += 1;
        if (opened > 1) return inbox;
        return interposed(inbox, {
          addMany: (add) => async (addresses, addCall) => {
            const failures = await add(addresses, addCall);
            if (!addresses.includes("device/ada")) return failures;
            await inbox[Symbol.asyncDispose]();
            await eventually("another inbox is open", () => opened === 2);
            return failures;
          },
        });
      },
    }),
  );
  await fixture.node.addAddress("device/ada", CALL);
  const outgoing = { address: "device/ada", headers: {}, body: new Uint8Array() };
  expect(await fixture.broker.publishMany([outgoing], CALL)).toEqual([]);
  await fixture.node.close();
});

test("an address that is removed while the next inbox is being opened is not live on it", async () => {
  const inboxes: Inbox[] = [];
  const steps: string[] = [];
  const fixture: Fixture = await open((plain) =>
    interposed(plain, {
      openInbox: (original) => async (options, call) => {
        const inbox = await original(options, call);
        inboxes.push(inbox);
        if (inboxes.length === 1) return inbox;
        return interposed(inbox, {
          addMany: (add) => async (addresses, addCall) => {
            const failures = await add(addresses, addCall);
            await fixture.node.removeAddress("device/ada", CALL);
            steps.push("removed");
            return failures;
          },
        });
      },
    }),
  );
  await fixture.node.addAddress("device/ada", CALL);
  await inboxes[0]?.[Symbol.asyncDispose]();
  await eventually("the route is up again", () => fixture.routes.length === 3);
  expect(steps).toEqual(["removed"]);
  const outgoing = { address: "device/ada", headers: {}, body: new Uint8Array() };
  expect((await fixture.broker.publishMany([outgoing], CALL))[0]?.error.code).toBe("NO_ROUTE");
  await settled(fixture);
  await fixture.node.close();
});

test("closing while the inbox is being opened again ends the attempts", async () => {
  const inboxes: Inbox[] = [];
  const fixture = await open((plain) =>
    interposed(plain, {
      openInbox: (original) => async (options, call) => {
        if (inboxes.length > 0) throw new Error("never again");
        const inbox = await original(options, call);
        inboxes.push(inbox);
        return inbox;
      },
    }),
  );
  await inboxes[0]?.[Symbol.asyncDispose]();
  await eventually("the route is down", () => fixture.routes.includes("down"));
  await fixture.node.close();
  await fixture.node.close();
});

test("a broker that is cut and healed is told as a route that goes down and up", async () => {
  const faults = memoryFaults();
  const routes: string[] = [];
  const node = openNode({
    messaging: await openMessaging(memoryHub(), faults),
    events: { onReplaced: () => {}, onRoute: (state) => routes.push(state), onBell: () => {}, onReceipts: () => {} },
    warn: () => {},
  });
  await node.open(CALL);
  faults.down("route");
  faults.up("route");
  expect(routes).toEqual(["up", "down", "up"]);
  await node.close();
});
