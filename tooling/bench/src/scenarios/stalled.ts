/** How long 999 of a thousand recipients wait for their receipts because the last one has stalled. */

import { memoryHub, memoryMessaging, memoryRegistry } from "@muster/backend-memory";
import { type Fleet, openRegistry } from "@muster/core";
import { PATIENT, PAYLOAD } from "../fleets.ts";
import { type Contender, playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";
import { identityOf } from "../store.ts";

export const stalledScenario: Scenario = {
  name: "stalled",
  about: "receipts of everybody else while one receiver stalls, against a multicast in which nobody does",
  defaultSize: 1_000,
  run,
};

/** One process sends; another serves everyone, the last of whom takes its time when it is told to. */
class Stalling implements AsyncDisposable {
  readonly #sender: Fleet;
  readonly #server: Fleet;
  readonly #size: number;
  #stall: Promise<void> | undefined;
  #goOn: () => void = () => undefined;
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(sender: Fleet, server: Fleet, size: number) {
    this.#sender = sender;
    this.#server = server;
    this.#size = size;
  }

  static async open(size: number): Promise<Stalling> {
    const hub = memoryHub();
    const open = (): Promise<Fleet> =>
      openRegistry({
        namespace: "bench",
        registry: memoryRegistry({ hub }),
        messaging: memoryMessaging({ hub }),
        timing: PATIENT,
      });
    const stalling = new Stalling(await open(), await open(), size);
    for (let index = 0; index < size; index += 1) {
      const onMessage = index === size - 1 ? () => stalling.#stall : () => undefined;
      await stalling.#server.register(identityOf(index), {}, { onMessage });
    }
    return stalling;
  }

  /** Until all but one are reported as delivered; then the last one may go on, and the multicast ends. */
  contender(name: string, stalls: boolean): Contender {
    return {
      name,
      run: async () => {
        let goOn = (): void => undefined;
        this.#stall = stalls
          ? new Promise((resolve) => {
              goOn = resolve;
            })
          : undefined;
        let reported = 0;
        return await new Promise<number>((resolve, reject) => {
          const onReceipts = (receipts: readonly unknown[]): void => {
            reported += receipts.length;
            if (reported >= this.#size - 1) resolve(this.#size - 1);
          };
          this.#ended = this.#sender.multicast(null, PAYLOAD, { delivery: "at-least-once", onReceipts });
          this.#ended.catch(reject);
          this.#goOn = goOn;
        });
      },
      prepare: async () => {
        this.#goOn();
        await this.#ended;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#goOn();
    await this.#ended;
    await Promise.all([this.#sender, this.#server].map((fleet) => fleet.close({ leave: "offline" })));
  }
}

async function run({ size, rounds }: Settings): Promise<Outcome> {
  await using stalling = await Stalling.open(size);
  const played = await playRounds(
    [stalling.contender("nobody stalls", false), stalling.contender("one stalls", true)],
    { rounds, size },
  );
  const ratio = played.ratio("one stalls", "nobody stalls");
  return { rows: [rowOf("time until all others are reported", "×", ratio, { atMost: 1.5 })], timings: played.timings };
}
