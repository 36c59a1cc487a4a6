import { entry, SOON } from "@muster/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { columnsOf } from "../../src/codec.ts";
import type { GetManyArgs } from "../../src/registrations/reading.ts";
import type { SetManyArgs } from "../../src/registrations/set-many.ts";
import type { Store } from "../../src/store/store.ts";
import { Executor } from "../../src/thread/executor.ts";
import type { Answer } from "../../src/thread/messages.ts";
import { giveUp, newTurn, type Turn } from "../../src/thread/turn.ts";
import { openedAt } from "../store/support.ts";
import { type Folder, freshFolder } from "../support.ts";

let folder: Folder;
/** Another connection. */
let other: Store & Disposable;
let executor: Executor;
let answers: Map<number, Answer>;
let ids: number;

beforeEach(async () => {
  folder = await freshFolder();
  const path = `${folder.path}/fleet.db`;
  other = openedAt(path);
  answers = new Map();
  ids = 0;
  executor = new Executor({ path, synchronous: "normal" }, (told) => told.forEach((one) => answers.set(one.id, one)));
});

afterEach(async () => {
  await new Promise<void>((resolve) => {
    executor.end(resolve);
  });
  other[Symbol.dispose]();
  await folder[Symbol.asyncDispose]();
});

function ask(name: string, args: unknown, turn: Turn = newTurn()): number {
  ids += 1;
  executor.take({ id: ids, name, args, turn });
  return ids;
}

function storing(...identities: string[]): SetManyArgs {
  return {
    namespace: "ns",
    maxIdentities: undefined,
    drafts: columnsOf(identities.map((identity) => entry(identity))),
  };
}

/** It can't be stored: its facts are no JSON. */
function spoilt(identity: string): SetManyArgs {
  const { drafts, ...rest } = storing("before", identity);
  return { ...rest, drafts: { ...drafts, facts: drafts.facts.map((facts, index) => (index === 0 ? facts : "{")) } };
}

function reading(...identities: string[]): GetManyArgs {
  return { namespace: "ns", identities };
}

async function answerOf(id: number): Promise<Answer | undefined> {
  await expect.poll(() => answers.has(id), SOON).toBe(true);
  return answers.get(id);
}

function commits(): number {
  return Number(other.get("pragma data_version")?.[0]);
}

function stored(): readonly unknown[] {
  return other.all("select identity from muster_registrations order by identity").map(([identity]) => identity);
}

describe("writes that wait together", () => {
  test("are one transaction", async () => {
    await answerOf(ask("setMany", storing("first")));
    const before = commits();
    const asked = ["a", "b", "c", "d"].map((identity) => ask("setMany", storing(identity)));
    for (const id of asked) expect(await answerOf(id)).toHaveProperty("value");
    expect(commits() - before).toBe(1);
    expect(stored()).toEqual(["a", "b", "c", "d", "first"]);
  });

  test("are undone alone when they fail", async () => {
    const [good, bad, better] = [storing("a"), spoilt("b"), storing("c")].map((args) => ask("setMany", args));
    expect(await answerOf(bad ?? 0)).toMatchObject({ failure: { mayHaveApplied: false } });
    expect(await answerOf(good ?? 0)).toHaveProperty("value");
    expect(await answerOf(better ?? 0)).toHaveProperty("value");
    expect(stored()).toEqual(["a", "c"]);
  });
});

describe("while another process writes", () => {
  beforeEach(async () => {
    await answerOf(ask("setMany", storing("before")));
    other.execute("begin immediate");
  });

  test("reads are answered, and writes wait", async () => {
    const waiting = ask("setMany", storing("a"));
    expect(await answerOf(ask("getMany", reading("before", "a")))).toMatchObject({
      value: [expect.arrayContaining(["before"]), undefined],
    });
    expect(answers.has(waiting)).toBe(false);
    other.execute("commit");
    expect(await answerOf(waiting)).toHaveProperty("value");
  });

  test("what is given up never begins, and is not answered", async () => {
    const turn = newTurn();
    const givenUp = ask("setMany", storing("a"), turn);
    await answerOf(ask("getMany", reading("a")));
    expect(giveUp(turn)).toBe(true);
    other.execute("commit");
    await answerOf(ask("setMany", storing("b")));
    expect(stored()).toEqual(["b", "before"]);
    expect(answers.has(givenUp)).toBe(false);
  });
});

test("what has begun can't be given up", async () => {
  const turn = newTurn();
  await answerOf(ask("setMany", storing("a"), turn));
  expect(giveUp(turn)).toBe(false);
});
