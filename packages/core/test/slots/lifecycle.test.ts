import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { type Call, Lifecycle, linkCall } from "../../src/slots/index.ts";
import { rejected, thrown } from "../support/codes.ts";

const free: Call = { signal: new AbortController().signal };
const nothing = async (): Promise<void> => {};
const forever = <T = void>(): Promise<T> => new Promise<T>(() => {});

async function opened(): Promise<Lifecycle> {
  const life = new Lifecycle("memory");
  await life.open(free, nothing);
  return life;
}

/** Fails when its call aborts, as every start must. */
function untilAborted(call: Call): Promise<void> {
  return new Promise((_resolve, reject) => {
    call.signal.addEventListener("abort", () => reject(call.signal.reason as Error));
  });
}

describe("before it is open", () => {
  test("every operation is CLOSED", async () => {
    const life = new Lifecycle("memory");
    expect(thrown("CLOSED", () => life.check("setMany", free)).message).toBe(
      "[CLOSED] memory.setMany: it is not open yet",
    );
    expect((await rejected("CLOSED", life.run("setMany", free, nothing))).mayHaveApplied).toBe(false);
  });

  test("closing runs no stop and ends it for good", async () => {
    const life = new Lifecycle("memory");
    await life.close(() => expect.fail("nothing was opened"));
    expect(life.state).toBe("closed");
    await rejected("CLOSED", life.open(free, nothing));
  });
});

describe("opening", () => {
  test("makes it open when start has finished, not before", async () => {
    const life = new Lifecycle("memory");
    const opening = life.open(free, nothing);
    expect(life.state).toBe("opening");
    thrown("CLOSED", () => life.check("scan", free));
    await opening;
    expect(life.state).toBe("open");
    life.check("scan", free);
  });

  test("twice is CLOSED, also while the first is under way", async () => {
    const life = new Lifecycle("memory");
    const opening = life.open(free, nothing);
    await rejected("CLOSED", life.open(free, nothing));
    await opening;
    await rejected("CLOSED", life.open(free, nothing));
    expect(life.state).toBe("open");
  });

  test("that fails can be repeated", async () => {
    const life = new Lifecycle("memory");
    await expect(life.open(free, () => Promise.reject(new Error("refused")))).rejects.toThrow("refused");
    expect(life.state).toBe("new");
    await life.open(free, nothing);
    expect(life.state).toBe("open");
  });

  test("passes the caller's abort on, and does nothing when it came before", async () => {
    const controller = new AbortController();
    const life = new Lifecycle("memory");
    const opening = life.open({ signal: controller.signal }, untilAborted);
    controller.abort(new Error("enough"));
    await expect(opening).rejects.toThrow("enough");
    await rejected(
      "ABORTED",
      life.open({ signal: controller.signal }, () => expect.fail("it must not start")),
    );
  });

  test("is aborted by closing, which waits for it, and rejects with CLOSED", async () => {
    const life = new Lifecycle("memory");
    const opening = rejected("CLOSED", life.open(free, untilAborted));
    await life.close(() => expect.fail("start has failed, so that there is nothing to stop"));
    await opening;
    expect(life.state).toBe("closed");
  });

  test("that succeeds although it was closed meanwhile is undone by stop", async () => {
    const life = new Lifecycle("memory");
    const steps: string[] = [];
    const opening = rejected(
      "CLOSED",
      life.open(free, async () => {
        await Promise.resolve();
        steps.push("started");
      }),
    );
    await life.close(async () => {
      steps.push("stopped");
    });
    await opening;
    expect(steps).toEqual(["started", "stopped"]);
  });

  test("that throws at once is a rejection and can be repeated", async () => {
    const life = new Lifecycle("memory");
    const opening = life.open(free, () => {
      throw new Error("at once");
    });
    await expect(opening).rejects.toThrow("at once");
    expect(life.state).toBe("new");
  });
});

describe("an operation", () => {
  test("settles as its work does", async () => {
    const life = await opened();
    expect(await life.run("count", free, () => Promise.resolve(5))).toBe(5);
    await expect(life.run("count", free, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  });

  test("doesn't start when its call has aborted", async () => {
    const life = await opened();
    const call: Call = { signal: AbortSignal.abort() };
    const error = await rejected(
      "ABORTED",
      life.run("count", call, () => expect.fail("it must not start")),
    );
    expect(error.mayHaveApplied).toBe(false);
    thrown("ABORTED", () => life.check("count", call));
  });

  test("is given up when its call aborts, and may have been applied", async () => {
    const life = await opened();
    const controller = new AbortController();
    const work = rejected("ABORTED", life.run("setMany", { signal: controller.signal }, forever));
    controller.abort();
    expect(await work).toMatchObject({ source: "memory.setMany", mayHaveApplied: true });
  });

  test("is given up at its deadline with TIMEOUT", async () => {
    const life = await opened();
    using call = linkCall({ timeoutMs: 1 }, 10_000, "core.register");
    await rejected("TIMEOUT", life.run("setMany", call, forever));
  });

  test("is given up when it is closed, and may have been applied", async () => {
    const life = await opened();
    const works = [1, 2, 3].map(() => rejected("CLOSED", life.run("setMany", free, forever)));
    await life.close(nothing);
    for (const error of await Promise.all(works)) expect(error.mayHaveApplied).toBe(true);
  });

  test("leaves no listener behind", async () => {
    const life = await opened();
    const { signal } = new AbortController();
    await life.run("count", { signal }, nothing);
    await expect(
      life.run("count", { signal }, () => {
        throw new Error("at once");
      }),
    ).rejects.toThrow("at once");
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});

describe("closing", () => {
  test("rejects what is in flight before it stops", async () => {
    const life = await opened();
    const steps: string[] = [];
    const work = life.run("scan", free, forever).catch(() => steps.push("rejected"));
    await life.close(async () => {
      await work;
      steps.push("stopped");
    });
    expect(steps).toEqual(["rejected", "stopped"]);
  });

  test("twice is once", async () => {
    const life = await opened();
    let stops = 0;
    const stop = async (): Promise<void> => {
      stops += 1;
    };
    const first = life.close(stop);
    expect(life.close(stop)).toBe(first);
    await first;
    await life.close(stop);
    expect(stops).toBe(1);
  });

  test("leaves every operation CLOSED, from its first moment", async () => {
    const life = await opened();
    const closing = life.close(nothing);
    expect(life.state).toBe("closing");
    expect(thrown("CLOSED", () => life.check("scan", free)).message).toContain("it has been closed");
    await closing;
    expect(life.state).toBe("closed");
    await rejected("CLOSED", life.run("scan", free, nothing));
    await rejected("CLOSED", life.open(free, nothing));
  });

  test("is over even when stop fails", async () => {
    const life = await opened();
    await expect(life.close(() => Promise.reject(new Error("stuck")))).rejects.toThrow("stuck");
    expect(life.state).toBe("closed");
  });
});
