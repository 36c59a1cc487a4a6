import { memoryHub } from "@muster/backend-memory";
import { expect, test } from "vitest";
import { openNode } from "../../src/receiving/node.ts";
import { linkCall } from "../../src/slots/index.ts";
import { rejected } from "../support/codes.ts";
import { interposed } from "../support/interposed.ts";
import { CALL, openMessaging } from "../support/world.ts";

test("a thousand who want the same address at once make it live once, and one who gives up stops none of them", async () => {
  const added: (readonly string[])[] = [];
  const messaging = interposed(await openMessaging(memoryHub()), {
    openInbox: (open) => async (options, call) =>
      interposed(await open(options, call), {
        addMany: (add) => async (addresses, addCall) => {
          added.push(addresses);
          return await add(addresses, addCall);
        },
      }),
  });
  const node = openNode({ messaging, events: { onReplaced: () => {}, onRoute: () => {} }, warn: () => {} });
  const controller = new AbortController();
  using impatient = linkCall({ signal: controller.signal }, 10_000, "test.open");
  const gaveUp = rejected("ABORTED", node.open(impatient));
  const opened = Promise.all(Array.from({ length: 1_000 }, () => node.open(CALL)));
  controller.abort();
  await gaveUp;
  await opened;
  expect(added).toEqual([[node.address]]);
  await node.close();
});
