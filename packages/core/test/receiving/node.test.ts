import { memoryFaults, memoryHub } from "@muster/backend-memory";
import { describe, expect, test } from "vitest";
import { encodeMessage, encodeReplaced } from "../../src/wire/frame.ts";
import { createMailbox } from "../../src/receiving/mailbox.ts";
import type { Message } from "../../src/message.ts";
import { openNode, type ReceivingNode } from "../../src/receiving/node.ts";
import type { Inbox, MessagingBackend, MusterError, Route } from "../../src/slots/index.ts";
import { eventually } from "../support/eventually.ts";
import { interposed } from "../support/interposed.ts";
import { CALL, collector, names, openMessaging } from "../support/world.ts";

interface Fixture {
  readonly node: ReceivingNode;
  readonly broker: MessagingBackend;
  readonly warnings: MusterError[];
  readonly routes: string[];
  readonly replaced: string[];
}

async function open(wrap: (plain: MessagingBackend) => MessagingBackend = (plain) => plain): Promise<Fixture> {
  const broker = await openMessaging(memoryHub());
  const warnings: MusterError[] = [];
  const routes: string[] = [];
  const replaced: string[] = [];
  const node = openNode({
    messaging: wrap(broker),
    events: {
      onReplaced: (identity, epoch) => replaced.push(`${identity}@${epoch}`),
      onRoute: (state) => routes.push(state),
    },
    warn: (error) => void warnings.push(error),
  });
  await node.open(CALL);
  return { node, broker, warnings, routes, replaced };
}

let sent = 0;

async function send(
  broker: MessagingBackend,
  address: string,
  recipients: readonly (readonly [string, number])[],
): Promise<string> {
  sent += 1;
  const content = { id: `m-${sent}`, contentType: "text/plain", sentAt: 0, payload: Buffer.from("hi") };
  const body = encodeMessage(content, {
    identities: recipients.map(([name]) => name),
    epochs: recipients.map(([, epoch]) => epoch),
  });
  expect(await broker.publishMany([{ address, headers: {}, body }], CALL)).toEqual([]);
  return content.id;
}

/** Everything sent before has been dispatched. */
async function settled({ node, broker }: Fixture): Promise<void> {
  const marks: Message[] = [];
  const expectation = node.expect("mark");
  expectation.attach(1, collector(marks));
  const id = await send(broker, node.address, [["mark", 1]]);
  await eventually("the mark arrives", () => marks.some((mark) => mark.id === id));
  node.detach("mark", 1);
}

describe("who gets what", () => {
  test("a message reaches the mailbox of its identity and epoch, and no other", async () => {
    const fixture = await open();
    const [ada, bob]: [Message[], Message[]] = [[], []];
    fixture.node.expect("ada").attach(5, collector(ada));
    fixture.node.expect("bob").attach(5, collector(bob));
    await send(fixture.broker, fixture.node.address, [
      ["ada", 5],
      ["bob", 4],
      ["eve", 5],
    ]);
    await settled(fixture);
    expect(ada.map(({ identity, epoch }) => [identity, epoch])).toEqual([["ada", 5]]);
    expect(bob).toEqual([]);
    await fixture.node.close();
  });

  test("a message that comes before the outcome of its registration is known waits for it", async () => {
    const fixture = await open();
    const got: Message[] = [];
    const expectation = fixture.node.expect("ada");
    const ids = [await send(fixture.broker, fixture.node.address, [["ada", 8]])];
    await send(fixture.broker, fixture.node.address, [["ada", 7]]);
    ids.push(await send(fixture.broker, fixture.node.address, [["ada", 8]]));
    await settled(fixture);
    expectation.attach(8, collector(got));
    ids.push(await send(fixture.broker, fixture.node.address, [["ada", 8]]));
    await settled(fixture);
    expect(got.map(({ id }) => id)).toEqual(ids);
    await fixture.node.close();
  });

  test("while a takeover is undecided the standing life still gets its own messages", async () => {
    const fixture = await open();
    const [old, next]: [Message[], Message[]] = [[], []];
    fixture.node.expect("ada").attach(1, collector(old));
    const expectation = fixture.node.expect("ada");
    await send(fixture.broker, fixture.node.address, [["ada", 1]]);
    await send(fixture.broker, fixture.node.address, [["ada", 2]]);
    await settled(fixture);
    expect(old).toHaveLength(1);
    expectation.attach(2, collector(next));
    await send(fixture.broker, fixture.node.address, [["ada", 1]]);
    await settled(fixture);
    expect([old.length, next.length]).toEqual([1, 1]);
    await fixture.node.close();
  });

  test("of two registrations under way each gets what was held for its own epoch, and the later stays attached", async () => {
    const fixture = await open();
    const [first, second]: [Message[], Message[]] = [[], []];
    const expectations = [fixture.node.expect("ada"), fixture.node.expect("ada")] as const;
    await send(fixture.broker, fixture.node.address, [["ada", 1]]);
    await send(fixture.broker, fixture.node.address, [["ada", 2]]);
    await settled(fixture);
    expectations[1].attach(2, collector(second));
    expectations[0].attach(1, collector(first));
    await send(fixture.broker, fixture.node.address, [["ada", 2]]);
    await settled(fixture);
    expect([first.length, second.length]).toEqual([1, 2]);
    await fixture.node.close();
  });

  test("a cancelled expectation keeps nothing", async () => {
    const fixture = await open();
    fixture.node.expect("ada").cancel();
    await send(fixture.broker, fixture.node.address, [["ada", 1]]);
    await settled(fixture);
    const got: Message[] = [];
    fixture.node.expect("ada").attach(1, collector(got));
    await settled(fixture);
    expect(got).toEqual([]);
    await fixture.node.close();
  });

  test("what is held for one registration is bounded, and the newest is kept", async () => {
    const fixture = await open();
    const expectation = fixture.node.expect("ada");
    const ids: string[] = [];
    for (let i = 0; i < 1_200; i++) ids.push(await send(fixture.broker, fixture.node.address, [["ada", 1]]));
    await settled(fixture);
    const got: Message[] = [];
    expectation.attach(1, collector(got));
    expect(got.map(({ id }) => id)).toEqual(ids.slice(-1_000));
    await fixture.node.close();
  });

  test("detaching another epoch than the attached one changes nothing", async () => {
    const fixture = await open();
    const got: Message[] = [];
    fixture.node.expect("ada").attach(2, collector(got));
    fixture.node.detach("ada", 1);
    await send(fixture.broker, fixture.node.address, [["ada", 2]]);
    await settled(fixture);
    fixture.node.detach("ada", 2);
    await send(fixture.broker, fixture.node.address, [["ada", 2]]);
    await settled(fixture);
    expect(got).toHaveLength(1);
    await fixture.node.close();
  });
});

test("a frame for many busy receivers leaves timers and I/O their turns", async () => {
  const fixture = await open();
  const recipients = names(200).map((name) => [name, 1] as const);
  let isTurned = false;
  const turns: boolean[] = [];
  const mailbox = createMailbox({
    mayStart: () => true,
    onOverflow: () => {},
    onHandlerError: () => {},
    onMessage: () => {
      if (turns.length === 0) {
        setImmediate(() => {
          isTurned = true;
        });
      }
      turns.push(isTurned);
      const end = performance.now() + 1;
      while (performance.now() < end);
    },
  });
  for (const [name] of recipients) fixture.node.expect(name).attach(1, mailbox);
  await send(fixture.broker, fixture.node.address, recipients);
  await settled(fixture);
  expect(turns).toHaveLength(200);
  expect(turns.at(-1)).toBe(true);
  await fixture.node.close();
});

describe("addresses", () => {
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
    const node = openNode({ messaging, events: { onReplaced: () => {}, onRoute: () => {} }, warn: () => {} });
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
});

describe("takeovers", () => {
  test("the word that another life has taken over counts only for the life that is attached", async () => {
    const fixture = await open();
    fixture.node.expect("ada").attach(4, collector([]));
    for (const epoch of [3, 4, 5]) {
      await fixture.broker.publishMany(
        [{ address: fixture.node.address, headers: {}, body: encodeReplaced("ada", epoch) }],
        CALL,
      );
    }
    await settled(fixture);
    expect(fixture.replaced).toEqual(["ada@4"]);
    await fixture.node.close();
  });

  test("a node tells the one that served a route, at either kind of address, and itself", async () => {
    const one = await open();
    const hubMate = openNode({
      messaging: one.broker,
      events: { onReplaced: (identity, epoch) => one.replaced.push(`mine ${identity}@${epoch}`), onRoute: () => {} },
      warn: () => {},
    });
    one.node.expect("ada").attach(4, collector([]));
    await one.node.addAddress("device/ada", CALL);
    await hubMate.announceReplaced(route("ada", 4, one.node.address), CALL);
    await hubMate.announceReplaced(route("ada", 4, "device/ada"), CALL);
    await settled(one);
    await hubMate.announceReplaced(route("bob", 2, hubMate.address), CALL);
    expect(one.replaced).toEqual(["ada@4", "ada@4", "mine bob@2"]);
    await one.node.close();
    await hubMate.close();
  });

  test("announcing never rejects", async () => {
    const { node } = await open();
    await node.announceReplaced(route("ada", 1, undefined), CALL);
    await node.announceReplaced(route("ada", 1, "n.nobody"), CALL);
    await node.announceReplaced(route("ada", 1, "n.nobody"), { signal: AbortSignal.abort() });
    await node.close();
  });
});

describe("when things break", () => {
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
      events: { onReplaced: () => {}, onRoute: (state) => routes.push(state) },
      warn: () => {},
    });
    await node.open(CALL);
    faults.down("route");
    faults.up("route");
    expect(routes).toEqual(["up", "down", "up"]);
    await node.close();
  });
});

function route(identity: string, epoch: number, address: string | undefined): Route {
  const rest = { session: "s", registeredAt: 0, expiresAt: undefined, ttlMs: undefined, revision: 1 };
  return { identity, epoch, address, ...rest };
}
