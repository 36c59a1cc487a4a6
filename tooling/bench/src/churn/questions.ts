/** What is asked of a fleet while its identities come and go: pages of a cell, and multicasts to a cell. */

import type { CellFleet } from "../cells.ts";
import { Histogram } from "../histogram.ts";
import { applyPaced, type PacedResult } from "../paced-load.ts";
import { CELLS, type Sent } from "./plan.ts";

/** Half of them first pages, the other half what follows each. */
const PAGES_PER_SECOND = 20;
const MULTICASTS_PER_SECOND = 2;
/** Of a cell of 100 there are two. */
const PAGE = 50;
const PAYLOAD_BYTES = 100;

export interface Answers {
  readonly pages: PacedResult;
  readonly firstPages: Histogram;
  readonly followingPages: Histogram;
  readonly multicasts: PacedResult;
  readonly sent: readonly Sent[];
}

export class Questions {
  readonly #fleet: CellFleet;
  readonly #limit: number;
  /** Of the next multicast: no two of a run have the same. */
  #number = 0;

  /** @param size how many are registered, at any time */
  constructor(fleet: CellFleet, size: number) {
    this.#fleet = fleet;
    this.#limit = Math.max(1, Math.min(PAGE, Math.floor(size / CELLS / 2)));
  }

  /** As many seconds long. */
  async ask(seconds: number): Promise<Answers> {
    const [first, following] = [new Histogram(), new Histogram()];
    const sent: Sent[] = [];
    let cursor: Promise<string | undefined> = Promise.resolve(undefined);
    const [pages, multicasts] = await Promise.all([
      applyPaced({ perSecond: PAGES_PER_SECOND, seconds }, async (request, dueAt) => {
        const filter = { cell: `c${(request >> 1) % CELLS}` };
        if (request % 2 === 0) {
          const page = this.#fleet.enumerate(filter, { limit: this.#limit });
          cursor = page.then(({ nextCursor }) => nextCursor).catch(() => undefined);
          await page;
          first.record(performance.now() - dueAt);
        } else {
          const next = await cursor;
          // Nobody could have asked earlier.
          const asked = Math.max(dueAt, performance.now());
          await this.#fleet.enumerate(filter, { limit: this.#limit, ...(next === undefined ? {} : { cursor: next }) });
          following.record(performance.now() - asked);
        }
      }),
      applyPaced({ perSecond: MULTICASTS_PER_SECOND, seconds }, async (_, dueAt) => {
        sent.push(await this.#multicast(Math.floor(performance.timeOrigin + dueAt)));
      }),
    ]);
    return { pages, firstPages: first, followingPages: following, multicasts, sent };
  }

  async #multicast(dueAt: number): Promise<Sent> {
    const number = (this.#number += 1);
    const cell = number % CELLS;
    const from = Date.now();
    await this.#fleet.multicast({ cell: `c${cell}` }, `${number} ${cell} ${dueAt} `.padEnd(PAYLOAD_BYTES, "0"), {
      delivery: "at-most-once",
    });
    return { number, cell, from, to: Date.now() };
  }
}
