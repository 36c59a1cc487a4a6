import { expect, test } from "vitest";
import { Worker } from "node:worker_threads";
import { busyShare } from "../src/busy.ts";

test("what another thread computes meanwhile is somebody else's share, and there is never more than all of it", async () => {
  const worker = new Worker("for (;;);", { eval: true });
  try {
    const share = await busyShare();
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThanOrEqual(1);
  } finally {
    await worker.terminate();
  }
});
