/** Whoever stood still for longer than a lease is dead to the others, and must be so to itself. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freshNamespace } from "@muster/testing";
import { expect, test } from "vitest";
import type { Told } from "./serving-process.ts";
import { codeOf, eventually, openFleet, withOwnServer } from "./support.ts";

const TIMING = { sessionLeaseMs: 3_000, ttlMs: 8_000 };
const FROZEN_MS = TIMING.sessionLeaseMs + 15_000;

class Victim implements AsyncDisposable {
  readonly told: Told[] = [];
  readonly #child: ChildProcess;

  constructor(url: string, namespace: string) {
    const path = fileURLToPath(new URL("serving-process.ts", import.meta.url));
    this.#child = fork(path, [url, namespace], { execArgv: ["--import", import.meta.resolve("tsx")] });
    this.#child.on("message", (told: Told) => void this.told.push(told));
  }

  get epochs(): readonly number[] {
    return this.told.flatMap((told) => (told.told === "serving" ? [told.epoch] : []));
  }

  get handled(): readonly string[] {
    return this.told.flatMap((told) => (told.told === "handled" ? [told.text] : []));
  }

  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
  }
}

await withOwnServer({}, ({ url }, control) => {
  test("a process that was frozen beyond its lease handles nothing of what came meanwhile, and comes back", {
    timeout: 40_000,
  }, async () => {
    const namespace = freshNamespace();
    await using observer = await openFleet(url, { namespace, timing: TIMING });
    await using victim = new Victim(url, namespace);
    await eventually("it serves", () => victim.epochs.length === 1);
    await observer.multicast({ $identity: "victim" }, "busy");
    await observer.multicast({ $identity: "victim" }, "waiting");
    await eventually("it is busy", () => victim.handled.includes("busy"));

    victim.freeze(); // In the middle of the first message, with the second one waiting for its turn.
    const frozenAt = performance.now();
    const early = await observer.multicast({ $identity: "victim" }, "during");
    expect(early.deliveredCount).toBe(1); // It lies in the frozen process' socket.
    await eventually("it is offline", async () => (await observer.count({ $attached: false })) === 1);
    const { statuses } = await observer.multicast({ $identity: "victim" }, "offline");
    expect(statuses.map(({ code }) => code)).toEqual(["NO_ROUTE"]);
    await eventually("it is gone", async () => (await observer.count()) === 0);
    await eventually("it was frozen for long", () => performance.now() > frozenAt + FROZEN_MS);
    victim.thaw();

    await eventually(
      "it is back",
      async () => (await observer.count({ $attached: true })) === 1 && victim.epochs.length > 1,
    );
    await observer.multicast({ $identity: "victim" }, "after");
    await eventually("it hears again", () => victim.handled.includes("after"));
    expect(victim.handled).toEqual(["busy", "after"]);
    expect(victim.epochs.at(-1)).toBeGreaterThan(victim.epochs[0] ?? 0);
  });

  test("a server that was frozen beyond every lease ends all sessions, and everyone comes back", {
    timeout: 40_000,
  }, async () => {
    const namespace = freshNamespace();
    await using fleet = await openFleet(url, { namespace, timing: { ...TIMING, timeoutMs: 1_000 } });
    await using observer = await openFleet(url, { namespace, timing: { ...TIMING, timeoutMs: 1_000 } });
    const handled: { readonly epoch: number; readonly live: boolean }[] = [];
    const handle = await fleet.register(
      "a",
      {},
      {
        onMessage: ({ epoch }) => void handled.push({ epoch, live: fleet.status().session.live }),
      },
    );
    const before = { epoch: handle.epoch, session: fleet.status().session.id };
    await control.freeze();
    const frozenAt = performance.now();
    const codes = await Promise.all([
      codeOf(fleet.register("b", {})),
      codeOf(handle.update({ n: 1 })),
      codeOf(observer.get("a")),
      codeOf(observer.enumerate()),
      codeOf(observer.multicast(null, "anyone?")),
    ]);
    for (const code of codes) expect(["UNAVAILABLE", "TIMEOUT"]).toContain(code);
    await eventually("the session is dead", () => !fleet.status().session.live);
    await eventually("it was frozen for long", () => performance.now() > frozenAt + FROZEN_MS);
    await control.thaw();
    await eventually("it hears again", async () => {
      await observer.multicast({ $identity: "a" }, "again");
      return handled.length > 0;
    });
    expect(fleet.status().session.id).not.toBe(before.session);
    expect(handle.epoch).toBeGreaterThan(before.epoch);
    for (const { epoch, live } of handled) expect({ epoch, live }).toEqual({ epoch: handle.epoch, live: true });
  });
});
