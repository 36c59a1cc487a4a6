/** Queues on three nodes, of which the one that leads them dies. */

import { withRabbitmqCluster } from "@muster/servers/vitest";
import { eventually } from "@muster/testing";
import { assert, describe, test } from "vitest";
import { Process, rabbitmqctl } from "./support.ts";

const IDENTITIES = ["a", "b", "c"];
const PATIENCE_MS = 60_000;
const SOME = 200;

/** Enqueues for everyone until it is told to stop; what fails is enqueued again. */
class Enqueuing {
  /** `id for identity`. */
  readonly accepted: string[] = [];
  readonly #sender: Process;
  readonly #session: string;
  readonly #running: Promise<void>;
  #isOver = false;
  #failures = 0;

  constructor(sender: Process, session: string) {
    this.#sender = sender;
    this.#session = session;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    for (let count = 0; !this.#isOver; ) {
      const id = `m${count}`;
      try {
        await this.#sender.enqueue(id, IDENTITIES, this.#session);
        this.accepted.push(...IDENTITIES.map((identity) => `${id} for ${identity}`));
        count += 1;
      } catch {
        this.#failures += 1;
      }
    }
  }

  /** Until so many more have been accepted. */
  async goOn(more: number): Promise<void> {
    const goal = this.accepted.length + more;
    await eventually(() => assert.isAtLeast(this.accepted.length, goal, `${this.#failures} failures`), PATIENCE_MS);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }
}

await withRabbitmqCluster({}, ({ nodes }) => {
  const [first, second, third] = nodes;
  if (first === undefined || second === undefined || third === undefined) throw new Error("there are three");

  describe.skipIf(first.control === undefined)("queues on three nodes", () => {
    test("when the node that leads them is killed under load, nothing that was accepted is lost", {
      timeout: 3 * PATIENCE_MS,
    }, async () => {
      const [one, two, three] = [first.url, second.url, third.url];
      await using sender = await Process.start("sender", { url: [two, three] });
      await using worker = await Process.start("worker", { url: [one, two, three] });
      await worker.attach(IDENTITIES);
      const leaders = await rabbitmqctl(second, "list_queues", "name", "leader");
      const port =
        /muster-(\d+)@localhost/.exec((await rabbitmqctl(first, "eval", "node().")).trim())?.[1] ??
        assert.fail("a name");
      assert.match(leaders, new RegExp(`muster\\.iot\\.of\\.\\S+\\s+muster-${port}@`), "it leads the worker's queue");
      const enqueuing = new Enqueuing(sender, "worker");
      await enqueuing.goOn(SOME);
      const held = await worker.take();
      assert.isNotEmpty(held);
      await first.control?.kill();
      await enqueuing.goOn(SOME);
      await enqueuing.end();
      const handed = new Set<string>();
      await eventually(async () => {
        const more = await worker.take();
        for (const { id, identity } of more) handed.add(`${id} for ${identity}`);
        await worker.settle(more);
        assert.deepEqual(enqueuing.accepted.filter((pair) => !handed.has(pair)).slice(0, 5), []);
      }, PATIENCE_MS);
    });
  });
});
