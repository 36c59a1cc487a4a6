import { withServer } from "@muster/servers/vitest";
import { callOf } from "@muster/testing";
import { message } from "@muster/testing/messaging";
import { setTimeout as delay } from "node:timers/promises";
import { assert, test } from "vitest";
import { opened } from "../support.ts";

/** More than three times what may wait in a process. */
const [COUNT, BODY_BYTES] = [1_200, 196_608];
const BATCH = 20;
/** For each message of a page. */
const WORK_MS = 3;

await withServer("nats", {}, ({ url }) => {
  test("who works off page after page of large messages loses none, however many bytes come meanwhile", {
    timeout: 30_000,
  }, async () => {
    await using receiving = await opened({ servers: url });
    await using sending = await opened({ servers: url });
    using call = callOf(25_000);
    const inbox = await receiving.openInbox({ prefetch: 65_536 }, call);
    assert.deepEqual(await inbox.addMany(["a"], call), []);
    const batch = Array.from({ length: BATCH }, () => message("a", "x".repeat(BODY_BYTES)));
    const publishing = Promise.all(Array.from({ length: COUNT / BATCH }, async () => sending.publishMany(batch, call)));
    let seen = 0;
    for await (const page of inbox) {
      seen += page.length;
      if (seen === COUNT) break;
      await delay(page.length * WORK_MS);
    }
    assert.deepEqual((await publishing).flat(), []);
  });
});
