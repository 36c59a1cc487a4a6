/** Something that users do, on a composition of backends and in memory: what it takes, and how that compares. */

import { type Composition, MEMORY, type Slots } from "./compositions.ts";
import { Housing, type Places } from "./housing.ts";
import { type Contender, playRounds } from "./rounds.ts";
import { Disagreement, type Outcome, rowOf, type Settings } from "./scenario.ts";

export type Timed = Contender & AsyncDisposable;

/** @param places absent: in memory */
export type OpenTimed = (name: string, places: Places | undefined, size: number) => Promise<Timed>;

/** @param timed by what each does; one after the other */
export async function besideMemory(
  { name, slots }: Composition,
  settings: Settings,
  timed: Readonly<Record<string, OpenTimed>>,
): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (const [what, open] of Object.entries(timed)) {
    if (slots === undefined) outcomes.push(await inMemory(what, open, settings));
    else outcomes.push(await onServers({ name, slots }, what, open, settings));
  }
  return { rows: outcomes.flatMap(({ rows }) => rows), timings: outcomes.flatMap(({ timings }) => timings) };
}

async function inMemory(what: string, open: OpenTimed, { size, rounds }: Settings): Promise<Outcome> {
  await using memory = await open(`${what} in ${MEMORY}`, undefined, size);
  const played = await playRounds([memory], { rounds, size });
  return { rows: [rowOf(`time of ${memory.name}`, "ms", played.times(memory.name))], timings: played.timings };
}

async function onServers(
  { name, slots }: Required<Composition>,
  what: string,
  open: OpenTimed,
  { size, rounds }: Settings,
): Promise<Outcome> {
  await using housing = await Housing.open(slots);
  await using memory = await open(`${what} in ${MEMORY}`, undefined, size);
  await using served = await open(`${what} on ${name}`, housing.places, size);
  const played = await playRounds([served, memory], { rounds, size });
  return {
    rows: [
      rowOf(`time of ${served.name}`, "ms", played.times(served.name)),
      rowOf(`… / in ${MEMORY}`, "×", played.ratio(served.name, memory.name)),
    ],
    timings: played.timings,
  };
}

/** @throws Disagreement for a composition that lacks the slot. */
export function checkSlot({ name, slots }: Composition, slot: keyof Slots): void {
  if (slots === undefined || slots[slot] !== undefined) return;
  throw new Disagreement(`${name} has nothing that fills the ${slot} slot`);
}
