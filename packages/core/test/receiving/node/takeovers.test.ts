import { expect, test } from "vitest";
import { openNode } from "../../../src/receiving/node.ts";
import type { Route } from "../../../src/slots/index.ts";
import { encodeReplaced } from "../../../src/wire/notices.ts";
import { open, settled } from "../../support/node.ts";
import { CALL, collector } from "../../support/world.ts";

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
    events: {
      onReplaced: (identity, epoch) => one.replaced.push(`mine ${identity}@${epoch}`),
      onRoute: () => {},
      onBell: () => {},
      onReceipts: () => {},
    },
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

function route(identity: string, epoch: number, address: string | undefined): Route {
  const rest = { session: "s", registeredAt: 0, expiresAt: undefined, ttlMs: undefined, revision: 1 };
  return { identity, epoch, address, ...rest };
}
