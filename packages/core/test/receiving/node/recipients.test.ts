import { expect, test } from "vitest";
import type { Message } from "../../../src/message.ts";
import { createMailbox } from "../../../src/receiving/mailbox.ts";
import { frameFor, open, send, settled } from "../../support/node.ts";
import { CALL, collector, names } from "../../support/world.ts";

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

test("frames that can't be read leave timers and I/O their turns", async () => {
  const fixture = await open();
  let isTurned = false;
  const turns: boolean[] = [];
  const mailbox = createMailbox({
    mayStart: () => true,
    onOverflow: () => {},
    onHandlerError: () => {},
    onMessage: () => {
      setImmediate(() => {
        isTurned = true;
      });
      turns.push(isTurned);
    },
  });
  fixture.node.expect("ada").attach(1, mailbox);
  const { address } = fixture.node;
  const { body } = frameFor([["ada", 1]]);
  const broken = Array.from({ length: 900 }, () => ({ address, headers: {}, body: body.subarray(1) }));
  const whole = { address, headers: {}, body };
  expect(await fixture.broker.publishMany([whole, ...broken, whole], CALL)).toEqual([]);
  await settled(fixture);
  expect(turns).toEqual([false, true]);
  await fixture.node.close();
});

test.each([
  ["one frame for many of the", 200],
  ["frames for one each of the", 1],
])("%s busy receivers leave timers and I/O their turns", async (_, perFrame) => {
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
  const { address } = fixture.node;
  const frames = Array.from({ length: recipients.length / perFrame }, (__, index) => {
    const { body } = frameFor(recipients.slice(index * perFrame, (index + 1) * perFrame));
    return { address, headers: {}, body };
  });
  expect(await fixture.broker.publishMany(frames, CALL)).toEqual([]);
  await settled(fixture);
  expect(turns).toHaveLength(200);
  expect(turns.at(-1)).toBe(true);
  await fixture.node.close();
});
