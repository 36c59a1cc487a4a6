import { spawn } from "node:child_process";
import { once, setMaxListeners } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { memoryMessaging, memoryRegistry } from "@muster/backend-memory";
import { type Call, type MessagingBackend, MusterError, type RegistryBackend } from "@muster/core/slots";
import { where } from "@muster/filter";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { collect, entry } from "../../src/cases/support.ts";
import { message, textOf } from "../../src/cases/messaging/support.ts";
import { type MortalProcessOptions, withMortalProcesses } from "../../src/processes/mortal-processes.ts";
import type { MortalProcess, Subject } from "../../src/subject.ts";
import { FIXTURES } from "../processes.ts";

const MODULE = new URL("../fixtures/mortal.ts", import.meta.url);
const CALL: Call = { signal: new AbortController().signal };
setMaxListeners(0, CALL.signal); // Calls on the dead never end, and so never stop listening.

/** For what is certain, on a busy machine. */
const WAIT = { timeout: 20_000 };

let heard = "";
const echo = createServer((socket) => {
  socket.setEncoding("utf8").on("data", (text: string) => {
    heard += text;
    socket.write("ok");
  });
  socket.on("error", () => {}); // Whoever dies may leave an answer unread.
});
const folder = mkdtempSync(join(tmpdir(), "muster-mortal-"));
let mortals: ReturnType<typeof subjectWith>;

function subjectWith(
  module: URL,
  options: MortalProcessOptions,
): Subject & Required<Pick<Subject, "mortal" | "close">> {
  const subject: Subject = { name: "memory", registry: memoryRegistry, messaging: memoryMessaging };
  return withMortalProcesses(subject, module, options);
}

beforeAll(async () => {
  await once(echo.listen(0, "127.0.0.1"), "listening");
  mortals = subjectWith(MODULE, { args: [(echo.address() as AddressInfo).port] });
});

afterAll(async () => {
  await mortals.close();
  echo.close();
  rmSync(folder, { recursive: true, force: true });
});

async function opened(
  process: MortalProcess = mortals.mortal(),
): Promise<{ readonly registry: RegistryBackend; readonly messaging: MessagingBackend; kill: MortalProcess["kill"] }> {
  const { registry, messaging, kill } = process;
  if (registry === undefined || messaging === undefined) throw new Error("it has both slots");
  await registry.open({ namespace: "test" }, CALL);
  await messaging.open({ namespace: "test" }, CALL);
  return { registry, messaging, kill };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function pidOf(registry: RegistryBackend): Promise<number> {
  return Number((await registry.renewMany([], CALL))[0]);
}

describe("it dies at a moment", { timeout: 60_000 }, () => {
  test("before or after what it sends, or before it tells of an answer", async () => {
    const seen: string[] = [];
    for (let turn = 0; turn <= 8; turn += 1) {
      const { registry, kill } = await opened();
      heard = "";
      let wasTold = false;
      registry.getMany(["a", "b"], CALL).then(
        () => void (wasTold = true),
        () => {},
      );
      await kill(turn);
      // What has left it arrives, whether it lives or not.
      if (turn > 1) await vi.waitUntil(() => heard.length >= (turn > 4 ? 4 : 2), WAIT);
      seen.push(`${heard.replaceAll("\n", "")}${wasTold ? " told" : ""}`);
    }
    expect(seen).toEqual(["", "", "a", "a", "a", "ab", "ab", "ab", "ab told"]);
  });

  test("before an operation on the file system", async () => {
    const seen: (readonly boolean[])[] = [];
    for (let turn = 1; turn <= 6; turn += 1) {
      const { registry, kill } = await opened();
      const file = join(folder, `file-${turn}`);
      writeFileSync(file, "");
      registry.deleteMany([{ identity: file, epoch: 1 }], CALL).catch(() => {});
      await kill(turn);
      seen.push([existsSync(`${file}.new`), existsSync(file)]);
    }
    const [first, created, , last] = [seen[0], seen[1], seen[2], seen.at(-1)];
    expect([first, created, last]).toEqual([
      [false, true],
      [true, true],
      [true, false],
    ]);
  });

  test("soon, when nothing more happens", async () => {
    const { messaging, kill } = await opened();
    const inbox = await messaging.openInbox({ prefetch: 1 }, CALL);
    const waiting = inbox[Symbol.asyncIterator]().next();
    waiting.catch(() => {});
    await kill(1_000);
    expect(await Promise.race([waiting, Promise.resolve("still waiting")])).toBe("still waiting");
  });

  test("and is no more; killed again it is no less", async () => {
    const { registry, kill } = await opened();
    const pid = await pidOf(registry);
    expect(isAlive(pid)).toBe(true);
    await kill(0);
    await kill(3);
    expect(isAlive(pid)).toBe(false);
  });

  test("or was never born", async () => {
    await mortals.mortal().kill(0);
  });
});

describe("a client of another process", { timeout: 60_000 }, () => {
  test("stores, finds, scans and counts there", async () => {
    const { registry, kill } = await opened();
    expect([registry.name, registry.traits.consistency]).toEqual(["memory", "linearizable"]);
    const entries = ["a", "b", "c"].map((one) => entry(one, { metadata: { of: one } }));
    const outcomes = await registry.setMany(entries, CALL);
    expect(outcomes.map((one) => ("stored" in one ? one.stored.metadata : one))).toEqual(
      entries.map(({ metadata }) => metadata),
    );
    const native = registry.filters?.split(where("of").eq("b")).native;
    if (native === undefined) throw new Error("memory selects by itself");
    const found = await collect(registry.scan({ pageSize: 2, filter: native }, CALL));
    expect(found.map(({ identity }) => identity)).toEqual(["b"]);
    expect(await registry.counts?.count(undefined, CALL)).toBe(3);
    for await (const page of registry.scanRoutes({ pageSize: 1 }, CALL)) {
      expect(page.map(({ identity }) => identity)).toEqual(["a"]);
      break;
    }
    await kill(0);
  });

  test("publishes and receives there, and hears of the errors of each message", async () => {
    const { messaging, kill } = await opened();
    const inbox = await messaging.openInbox({ prefetch: 10 }, CALL);
    expect((await inbox.addMany(["a", ""], CALL)).map(({ index, error }) => [index, error.code])).toEqual([
      [1, "INVALID_ARGUMENT"],
    ]);
    const failures = await messaging.publishMany([message("a", "1"), message("none"), message("a", "2")], CALL);
    expect(failures.map(({ index, error }) => [index, error.code, error.subject])).toEqual([[1, "NO_ROUTE", "none"]]);
    const texts: string[] = [];
    for await (const page of inbox) {
      texts.push(...page.map(textOf));
      if (texts.length === 2) break;
    }
    expect(texts).toEqual(["1", "2"]);
    await kill(0);
  });

  test("rejects as it does there", async () => {
    const { registry, messaging, kill } = await opened();
    const late = new MusterError({ code: "TIMEOUT", source: "test", message: "it was late" });
    await expect(registry.setMany([], { signal: AbortSignal.abort(late) })).rejects.toMatchObject({
      code: "TIMEOUT",
      source: "memory.setMany",
      mayHaveApplied: false,
      message: "[TIMEOUT] memory.setMany: the deadline passed",
    });
    const body = new Uint8Array(2_000_000);
    await expect(messaging.publishMany([message("a", body)], CALL)).rejects.toMatchObject({
      code: "PAYLOAD_TOO_LARGE",
      detail: { bytes: 2_000_000 },
    });
    const caller = new AbortController();
    const pages = registry.scan({ pageSize: 1 }, { signal: caller.signal })[Symbol.asyncIterator]();
    caller.abort();
    await expect(pages.next()).rejects.toMatchObject({ code: "ABORTED" });
    await registry.close();
    await expect(registry.setMany([], CALL)).rejects.toMatchObject({ code: "CLOSED" });
    await kill(0);
  });

  test("can't be asked before it is open", async () => {
    await expect(mortals.mortal().registry?.setMany([], CALL)).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("says what the process wrote when that ends by itself", async () => {
    const { registry } = await opened();
    await expect(registry.census(CALL)).rejects.toThrow(/has ended \(3\):\nit all went wrong/);
    await expect(registry.setMany([], CALL)).rejects.toThrow(/has ended \(3\)/);
  });
});

test("what they run is compiled once, whoever is the first of them", { timeout: 60_000 }, async () => {
  const asked: URL[] = [];
  const dispose = vi.fn<() => void>();
  const subject = subjectWith(new URL("../fixtures/none.ts", import.meta.url), {
    args: [(echo.address() as AddressInfo).port],
    compile: async ({ entry, module }) => {
      asked.push(module);
      return { entry, module: MODULE, [Symbol.dispose]: dispose };
    },
  });
  const [first, second] = await Promise.all([opened(subject.mortal()), opened(subject.mortal())]);
  expect(await pidOf(first.registry)).not.toBe(await pidOf(second.registry));
  expect(asked.map(({ pathname }) => basename(pathname))).toEqual(["none.ts"]);
  expect(dispose).not.toHaveBeenCalled();
  await subject.close();
  expect(dispose).toHaveBeenCalledOnce();
});

describe("no process is left behind", { timeout: 60_000 }, () => {
  test("by a module that is none", async () => {
    const subject = subjectWith(new URL("../fixtures/none.ts", import.meta.url), {});
    await expect(subject.mortal().registry?.open({ namespace: "test" }, CALL)).rejects.toThrow(
      /has ended \(1\):[^]*none\.ts/,
    );
    await subject.close();
  });

  test("when the subject is closed", async () => {
    const own = subjectWith(MODULE, { args: [(echo.address() as AddressInfo).port] });
    const { registry } = await opened(own.mortal());
    const pid = await pidOf(registry);
    await own.close();
    expect(isAlive(pid)).toBe(false);
    await expect(opened(own.mortal())).rejects.toThrow("the subject has been closed");
  });

  test("when the process that started it is killed", async () => {
    const watcher = spawn(
      process.execPath,
      ["--import", "tsx", "watcher.ts", String((echo.address() as AddressInfo).port)],
      {
        cwd: FIXTURES,
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const pid = Number(String((await once(watcher.stdout, "data"))[0]));
    expect(isAlive(pid)).toBe(true);
    watcher.kill("SIGKILL");
    await vi.waitUntil(() => !isAlive(pid), WAIT);
  });
});
