import { createServer } from "node:net";
import { expect, test } from "vitest";
import { reservePort, reservePorts } from "../src/ports.ts";

test("reserved ports differ while they are held, and can be listened at", async () => {
  const reserved = await Promise.all(Array.from({ length: 50 }, reservePort));
  expect(new Set(reserved.map(({ port }) => port)).size).toBe(50);
  const listener = createServer();
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(reserved[0]?.port, "127.0.0.1", resolve);
  });
  listener.close();
  for (const { release } of reserved) release();
});

test("a port with others beside it has as many, and all of them go together", async () => {
  const reserved = await reservePorts(2);
  expect(new Set([reserved.port, ...reserved.sidePorts]).size).toBe(3);
  reserved.release();
});
