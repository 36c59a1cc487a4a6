import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { Steps } from "../src/client.ts";
import { freeBaton, type HeldLock, withLock } from "../src/lock.ts";
import { TemporaryFolder } from "./support.ts";

class LockedFolder extends TemporaryFolder {
  readonly lock: string = join(this.path, "lock");
  readonly file: string = join(this.path, "file");

  constructor() {
    super();
    mkdirSync(join(this.lock, freeBaton()), { recursive: true });
  }

  async hold<T>(
    work: (lock: HeldLock) => Promise<T>,
    leaseMs = 2_000,
    before = async (): Promise<void> => {},
  ): Promise<T> {
    return withLock({ folder: this.lock, leaseMs }, new Steps(before, () => {}), work);
  }

  get text(): string {
    return readFileSync(this.file, "utf8");
  }
}

test("holders come one after the other", async () => {
  using folder = new LockedFolder();
  writeFileSync(folder.file, "0");
  const add = async (lock: HeldLock): Promise<void> => {
    const before = Number(folder.text);
    await setImmediate();
    await lock.write(folder.file, String(before + 1));
  };
  await Promise.all(Array.from({ length: 20 }, async () => folder.hold(add)));
  expect(folder.text).toBe("20");
});

test("it is let go of when the work fails", async () => {
  using folder = new LockedFolder();
  await expect(folder.hold(async () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await expect(folder.hold(async () => "mine")).resolves.toBe("mine");
});

test("a holder that is slower than its lease is fenced from the moment that another takes over", async () => {
  using folder = new LockedFolder();
  writeFileSync(folder.file, "before");
  const slow = folder.hold(async (lock) => {
    await folder.hold(async (other) => other.write(folder.file, "by the other"));
    await lock.write(folder.file, "too late");
  }, 10);
  await expect(slow).rejects.toMatchObject({ code: "UNAVAILABLE", mayHaveApplied: true });
  expect(folder.text).toBe("by the other");
});

test("one that is slow between its draft and its file changes nothing either, nor removes anything", async () => {
  using folder = new LockedFolder();
  writeFileSync(folder.file, "before");
  let steps = Number.POSITIVE_INFINITY;
  const stall = async (): Promise<void> => {
    if (steps-- === 0) await folder.hold(async () => {});
  };
  const write = async (lock: HeldLock): Promise<unknown> => lock.write(folder.file, "too late");
  const remove = async (lock: HeldLock): Promise<unknown> => lock.remove(folder.file);
  for (const [change, stepsBefore] of [
    [write, 0],
    [write, 1],
    [remove, 0],
  ] as const) {
    steps = Number.POSITIVE_INFINITY;
    const work = async (lock: HeldLock): Promise<void> => {
      steps = stepsBefore;
      await change(lock);
    };
    await expect(folder.hold(work, 20, stall)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(folder.text).toBe("before");
  }
});

test("a lease lasts as long as its holder goes on writing", async () => {
  using folder = new LockedFolder();
  const rival = { isIn: false };
  let others: Promise<void> | undefined;
  await folder.hold(async (lock) => {
    const end = Date.now() + 800;
    others = folder.hold(async () => void (rival.isIn = true));
    while (Date.now() < end) await lock.write(folder.file, "still here");
    expect(rival.isIn).toBe(false);
  }, 500);
  await others;
  expect(rival.isIn).toBe(true);
});

test("a lease from before the clock was set back holds nobody up", async () => {
  using folder = new LockedFolder();
  mkdirSync(join(folder.path, "other", `${Date.now() + 3_600_000}.x`), { recursive: true });
  const options = { folder: join(folder.path, "other"), leaseMs: 100 };
  await expect(
    withLock(
      options,
      new Steps(
        async () => {},
        () => {},
      ),
      async () => "mine",
    ),
  ).resolves.toBe("mine");
});

test("what a dead holder has left in the baton is cleared away", async () => {
  using folder = new LockedFolder();
  mkdirSync(join(folder.path, "other", "1.x"), { recursive: true });
  writeFileSync(join(folder.path, "other", "1.x", "draft"), "half");
  const options = { folder: join(folder.path, "other"), leaseMs: 100 };
  await withLock(
    options,
    new Steps(
      async () => {},
      () => {},
    ),
    async () => {},
  );
  const [baton = ""] = readdirSync(options.folder);
  expect(readdirSync(join(options.folder, baton))).toEqual([]);
});

test("a write that can't be done in time changes nothing", async () => {
  using folder = new LockedFolder();
  writeFileSync(folder.file, "before");
  await expect(folder.hold(async (lock) => lock.write(folder.file, "late", Date.now()))).resolves.toBe(false);
  expect(folder.text).toBe("before");
});
