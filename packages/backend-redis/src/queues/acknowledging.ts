/** Acknowledging what was handed out together: pages as wholes. */

import type { RedisArgument, RedisCall } from "../client.ts";
import { acknowledgeScript } from "../scripts/queues/acknowledge.ts";
import { numberIn } from "../store/replies.ts";
import type { GivenPage } from "./given-pages.ts";
import { run, type Space } from "./space.ts";

/** Pages of one script: it takes the server a few microseconds for each. */
export const MOST_WHOLES = 64;
/** Of names, in code units. */
const NAMES_LENGTH = 256;

interface Whole {
  readonly given?: GivenPage;
}

/** In code units: what it was is sent, and what it is to be. */
export function lengthOfWhole({ given }: Whole): number {
  return NAMES_LENGTH + 2 * (given?.states.length ?? 0);
}

/** False: one of them was not given as a whole, or something has happened to it since, and nothing was done. */
export async function acknowledgedAll(space: Space, wholes: readonly Whole[], call: RedisCall): Promise<boolean> {
  const groups = new Map<string, GivenPage[]>();
  for (const { given } of wholes) {
    if (given === undefined) return false;
    const name = `${numberOf(given)}:${given.session}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [given]);
    else group.push(given);
  }
  const args = Array.from(groups.values(), argumentsOf).flat();
  return numberIn(await run(space, acknowledgeScript, args, call)) === 1;
}

function numberOf({ page }: GivenPage): string {
  return page.slice(0, page.indexOf(":"));
}

/** @param group of one message and session, at least one. */
function argumentsOf(group: readonly GivenPage[]): readonly RedisArgument[] {
  const fields: string[] = [];
  const before: string[] = [];
  const written: string[] = [];
  const leases: string[] = [];
  const pages: string[] = [];
  let [number, session, count] = ["", "", 0];
  for (const given of group) {
    const { page, receipts, states } = given;
    const size = receipts.length;
    number = numberOf(given);
    session = given.session;
    count += size;
    const field = `s${page.slice(number.length + 1)}`;
    fields.push(field);
    before.push(states);
    written.push(field, states.slice(0, -size) + "d".repeat(size));
    leases.push(`${page}:1:${size}:l`);
    pages.push(page);
  }
  return [number, session, group.length, count, ...fields, ...before, ...written, ...leases, ...pages];
}
