/** Both ends of a scenario's own process: a clean heap and clean type feedback, whatever ran before. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { compositionOf } from "./compositions.ts";
import { compiledUrl } from "./published.ts";
import type { ScenarioResult } from "./report.ts";
import { serversUsed } from "./servers.ts";
import { Disagreement, type Outcome, type Scenario, type Settings } from "./scenario.ts";

/** A million identities with their receivers take about 3 GB, which is near the default limit of the heap. */
const FLAGS = ["--expose-gc", "--max-old-space-size=8192"];

/** What the child sends, once, before it exits. */
type Reply =
  | { readonly outcome: Outcome; readonly servers: ScenarioResult["servers"] }
  | { readonly disagreement: string };

/**
 * Runs one scenario, as it was compiled last, in a process of its own.
 *
 * @throws Disagreement as the scenario does; Error when the process ends without an answer.
 */
export async function runInChild(scenario: Scenario, settings: Settings): Promise<ScenarioResult> {
  const start = performance.now();
  const entry = fileURLToPath(compiledUrl(import.meta.resolve("./scenario-process.ts")));
  const loader = compiledUrl(import.meta.resolve("./published-loader.ts"));
  // As a flag it is one for threads, too.
  const execArgv = [...FLAGS, "--import", loader];
  const child = fork(entry, [scenario.name, JSON.stringify(settings)], { execArgv });
  let reply: Reply | undefined;
  child.on("message", (message) => {
    reply = message as Reply; // Only scenario-process.ts is at the other end, through `answer`.
  });
  await once(child, "close");
  const { exitCode, signalCode } = child;
  if (reply === undefined) throw new Error(`the process ended (${signalCode ?? exitCode}) without a result`);
  if ("disagreement" in reply) throw new Disagreement(reply.disagreement);
  const { outcome, servers } = reply;
  const only = scenario.isPlayedOnce === true ? { rounds: 1, isPlayedOnce: true } : {};
  return { scenario: scenario.name, ...settings, ...only, servers, elapsedMs: performance.now() - start, ...outcome };
}

/** The child's side: runs `scenario` and sends what came of it. Any error but a disagreement ends the process. */
export async function answer(scenario: Scenario, settings: Settings): Promise<void> {
  const reply = await replyOf(scenario, settings);
  await new Promise<void>((resolve, reject) => {
    process.send?.(reply, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
  process.disconnect();
}

async function played(scenario: Scenario, settings: Settings): Promise<Outcome> {
  if (settings.on === undefined) return await scenario.run(settings);
  if (scenario.runOn === undefined) throw new Error(`${scenario.name} is not for a composition of one's choice`);
  return await scenario.runOn(compositionOf(settings.on), settings);
}

async function replyOf(scenario: Scenario, settings: Settings): Promise<Reply> {
  try {
    return { outcome: await played(scenario, settings), servers: serversUsed() };
  } catch (error) {
    if (error instanceof Disagreement) return { disagreement: error.message };
    throw error;
  }
}
