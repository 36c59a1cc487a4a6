/** Whether a driver sends what is written down for it. */

import { withServer } from "@muster/servers/vitest";
import { freshNamespace } from "@muster/testing";
import { Command, Redis } from "ioredis";
import { expect, test } from "vitest";
import { proofOfWriting } from "../../src/connection/written-command.ts";
import { count, opened } from "../support.ts";

const GIVEN = { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, enableOfflineQueue: false };

/** As a driver would be that writes commands down by itself. */
class OtherDriver extends Redis {
  override sendCommand(
    ...[{ name, args, promise, resolve, reject }, stream]: Parameters<Redis["sendCommand"]>
  ): unknown {
    const own = new Command(name, [...args] as string[], { replyEncoding: "utf8" }); // As they came from our commands.
    own.promise.then(resolve, reject);
    super.sendCommand(own, stream);
    return promise;
  }
}

await withServer("redis", {}, ({ host, port }) => {
  test("ours does", async () => {
    const driver = new Redis({ host, port });
    expect(await proofOfWriting(driver)).toBeInstanceOf(Command);
    driver.disconnect();
  });

  test("one that does not is sent scripts all the same", async () => {
    const driver = new OtherDriver({ host, port, ...GIVEN, lazyConnect: true });
    await driver.connect();
    expect(await proofOfWriting(driver)).toBe(undefined);
    using client = await opened({ client: driver });
    const key = freshNamespace();
    expect([await count(client, key), await count(client, key)]).toEqual([1, 2]);
    driver.disconnect();
  });
});
