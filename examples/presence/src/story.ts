/** An afternoon in two chat rooms, told step by step; every step is checked. */

import { setTimeout as delay } from "node:timers/promises";
import { type Step, step } from "@muster/servers/demo";
import type { Chat, Participant } from "./chat.ts";

/** A node that can be asked, and killed. */
export interface MortalChat extends Chat {
  /** At once and without a word, as by `kill -9`; resolves when it is dead. */
  kill(): Promise<void>;
}

export interface Nodes {
  readonly lisbon: MortalChat;
  readonly oslo: MortalChat;
}

/** Longest wait for anything; a healthy run never waits this long. */
const PATIENCE_MS = 20_000;
const POLL_MS = 50;

type Telling = AsyncGenerator<Step, void, undefined>;

/** @param keeps whether messages can be kept for whoever is away; then it is told of that, too. */
export async function* story(nodes: Nodes, { keeps = false }: { readonly keeps?: boolean } = {}): Telling {
  yield* gather(nodes);
  yield* drop(nodes);
  const word = keeps ? yield* leaveWord(nodes) : undefined;
  yield* comeBack(nodes);
  if (word !== undefined) yield await missed(nodes, word);
  yield* part(nodes);
}

async function* gather({ lisbon, oslo }: Nodes): Telling {
  await lisbon.join("alice", { name: "Alice", room: "engineering", status: "online" });
  await lisbon.join("bob", { name: "Bob", room: "engineering", status: "online" });
  await lisbon.join("carol", { name: "Carol", room: "lobby", status: "busy" });
  await oslo.join("dave", { name: "Dave", room: "engineering", status: "online" });
  await oslo.join("erin", { name: "Erin", room: "engineering", status: "online" });
  const first = ["Alice online", "Bob online", "Dave online", "Erin online"];
  yield await listing("Five users join on two nodes; the room as Alice sees it, on lisbon", lisbon, first);

  await lisbon.change("bob", { status: "away" });
  await lisbon.change("carol", { current_room: "engineering" });
  const moved = ["Alice online", "Bob away", "Carol busy", "Dave online", "Erin online"];
  yield await listing("Bob steps away, Carol comes over from the lobby; as Dave sees it, on oslo", oslo, moved);
  const online = names(await oslo.list({ current_room: "engineering", status: "online" }));
  const expected = { online: ["Alice online", "Dave online", "Erin online"] };
  yield step("Who is there with the status online", [online.join(", ")], { online }, expected);

  yield await saying("Alice says hello to the room", [lisbon, oslo], "Hello team!", {
    targets: 5,
    delivered: 5,
    failed: [],
    heardBy: ["alice", "bob", "carol", "dave", "erin"],
  });
}

async function* drop({ lisbon, oslo }: Nodes): Telling {
  await oslo.kill();
  yield await tooEarly(lisbon);

  await until(async () => (await lisbon.list({ current_room: "engineering", $attached: false })).length === 2);
  const offline = ["Alice online", "Bob away", "Carol busy", "Dave offline", "Erin offline"];
  yield await listing("Its lease is over: Dave and Erin are offline, but still listed", lisbon, offline);
  yield await saying("Alice is told who can't hear her", [lisbon], "Dave? Erin?", {
    targets: 5,
    delivered: 3,
    failed: ["dave NO_ROUTE", "erin NO_ROUTE"],
    heardBy: ["alice", "bob", "carol"],
  });
}

/** Returns the id of what was left. */
async function* leaveWord({ lisbon }: Nodes): AsyncGenerator<Step, string, undefined> {
  const text = "Lunch is at one";
  const { id, targetCount, deliveredCount, pendingCount } = await lisbon.leaveWord("engineering", "alice", text);
  const living = ["alice", "bob", "carol"];
  const heardBy = await hearers([lisbon], id, living);
  yield step(
    "Alice leaves word for everyone, those who are away included",
    [
      `“${text}”: ${deliveredCount} of ${targetCount} delivered, ${pendingCount} kept`,
      `heard by ${heardBy.join(", ")}`,
    ],
    { targets: targetCount, delivered: deliveredCount, kept: pendingCount, heardBy },
    { targets: 5, delivered: 3, kept: 2, heardBy: living },
  );
  return id;
}

async function missed({ lisbon }: Nodes, id: string): Promise<Step> {
  const expected = ["alice", "bob", "carol", "dave"];
  const heardBy = await hearers([lisbon], id, expected);
  return step(
    "Dave is handed what he has missed",
    [`heard by ${heardBy.join(", ")}`],
    { heardBy },
    { heardBy: expected },
  );
}

async function* comeBack({ lisbon }: Nodes): Telling {
  await lisbon.join("dave", { name: "Dave", room: "engineering", status: "online" });
  await until(async () => (await lisbon.list({ current_room: "engineering" })).length === 4);
  const back = ["Alice online", "Bob away", "Carol busy", "Dave online"];
  yield await listing("Dave joins again, on lisbon; Erin does not, and her TTL runs out", lisbon, back);
}

async function* part({ lisbon }: Nodes): Telling {
  await lisbon.leave("bob");
  yield await listing("Bob says goodbye, and is gone at once", lisbon, ["Alice online", "Carol busy", "Dave online"]);
  yield await saying("Alice says goodbye to the rest", [lisbon], "See you tomorrow!", {
    targets: 3,
    delivered: 3,
    failed: [],
    heardBy: ["alice", "carol", "dave"],
  });
}

async function listing(title: string, chat: Chat, room: readonly string[]): Promise<Step> {
  const seen = await chat.list({ current_room: "engineering" });
  const lines = seen.map(({ name, status }) => `${name.padEnd(8)}${status}`);
  return step(title, lines, { room: names(seen) }, { room });
}

interface Said {
  readonly targets: number;
  readonly delivered: number;
  /** Identity and code. */
  readonly failed: readonly string[];
  readonly heardBy: readonly string[];
}

/** By Alice, on the first of the nodes. */
async function saying(title: string, nodes: readonly [Chat, ...Chat[]], text: string, expected: Said): Promise<Step> {
  const report = await nodes[0].say("engineering", "alice", text);
  const failed = report.statuses.map(({ identity, code = "" }) => `${identity} ${code}`).toSorted();
  const heardBy = await hearers(nodes, report.id, expected.heardBy);
  const said: Said = { targets: report.targetCount, delivered: report.deliveredCount, failed, heardBy };
  const lines = [
    `“${text}”: ${said.delivered} of ${said.targets} delivered${failed.length === 0 ? "" : `, ${failed.length} failed`}`,
    `heard by ${heardBy.join(", ")}`,
    ...failed.map((receipt) => `failed: ${receipt}`),
  ];
  return step(title, lines, { ...said }, { ...expected });
}

/** Until its lease is over nobody can know that oslo is dead, and a broker takes what nobody listens to. */
async function tooEarly(lisbon: Chat): Promise<Step> {
  const { id, targetCount, deliveredCount, failedCount } = await lisbon.say("engineering", "alice", "Still there?");
  const living = ["alice", "bob", "carol"];
  const heardBy = await hearers([lisbon], id, living);
  return step(
    "oslo is killed (SIGKILL), and Alice speaks before anyone can know it",
    [
      `“Still there?”: ${deliveredCount} of ${targetCount} delivered: accepted by the broker, which is all that is promised`,
      `heard by ${heardBy.join(", ")}`,
    ],
    { targets: targetCount, accountedFor: deliveredCount + failedCount, heardBy },
    { targets: 5, accountedFor: 5, heardBy: living },
  );
}

/** Who was handed it, once all that are expected were. */
async function hearers(
  nodes: readonly Chat[],
  messageId: string,
  expected: readonly string[],
): Promise<readonly string[]> {
  let heard: readonly string[] = [];
  await until(async () => {
    heard = (await Promise.all(nodes.map((node) => node.heard(messageId)))).flat().toSorted();
    return heard.length >= expected.length;
  });
  return heard;
}

function names(participants: readonly Participant[]): readonly string[] {
  return participants.map(({ name, status }) => `${name} ${status}`);
}

/** Resolves as soon as it is so, or when patience is at its end: what is wrong then shows in the step. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await isSo()) && performance.now() < end) await delay(POLL_MS);
}
