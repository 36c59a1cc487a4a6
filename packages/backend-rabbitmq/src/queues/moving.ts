/** From what this process holds to where it belongs: copies, which are safe there before anything ends here. */

import { ringParked } from "./ringing.ts";
import { type Frame, type Recipient } from "./frames.ts";
import type { Item } from "./items.ts";
import { pause } from "./in-time.ts";
import type { Parcel } from "./outlet.ts";
import { toDead, toDelay, toParking, toSelf } from "./parcels.ts";
import type { Space } from "./space.ts";

/** To where each of them waits: in this process, or elsewhere. */
export function place(space: Space, items: readonly Item[]): void {
  const { holdings, places, waiters } = space;
  const sessions = new Set<string>();
  const [elsewhere, early]: [Item[], Item[]] = [[], []];
  for (const item of items) {
    const { identity, epoch } = item.recipient;
    const { expiresAt, notBefore = 0 } = item.held.frame;
    const why = places.whyDropped(identity, epoch);
    const here = places.get(identity);
    if (expiresAt <= Date.now()) holdings.end(item);
    else if (why !== undefined) space.behind(bury(space, identity));
    else if (here === undefined) elsewhere.push(item);
    else {
      holdings.wait(item, here, { delayMs: notBefore - Date.now() });
      if (notBefore > Date.now()) early.push(item);
      sessions.add(here.session);
    }
  }
  space.behind(park(space, elsewhere));
  for (const item of early) putOff(space, item, (item.held.frame.notBefore ?? 0) - Date.now());
  for (const session of sessions) waiters.wake(session);
}

/** Sends it to wait elsewhere, where there is a queue for that; until there is, it goes on waiting here. */
export function putOff(space: Space, item: Item, delayMs: number): void {
  const session = item.place?.session;
  const queueMs = space.delays.for(delayMs);
  if (session === undefined || queueMs === undefined) return;
  const dueAt = Date.now() + delayMs;
  const recipients = [recipientOf(item)];
  const { frame } = item.held;
  let isFirst = true;
  space.holdings.move(item);
  const parcels = (): readonly Parcel[] => {
    if (!isFirst) {
      space.delays.forget(); // Somebody has deleted them.
      return toSelf(space.around, { ...frame, notBefore: dueAt }, recipients);
    }
    isFirst = false;
    return [
      toDelay(
        space.around,
        queueMs,
        session,
        { ...frame, notBefore: delayMs > queueMs ? dueAt : undefined },
        recipients,
      ),
    ];
  };
  space.behind(carry(space, [item], parcels));
}

/** For whoever serves them. Resolves when they are safe there. */
export async function park(space: Space, items: readonly Item[], tries: Tries = {}): Promise<void> {
  await moveTo(toParking, space, items, tries, async (identities) =>
    ringParked(space, identities, "move", space.lasting),
  );
}

/** To the end of this process' own queue. */
export async function sendBack(space: Space, items: readonly Item[], tries: Tries = {}): Promise<void> {
  await space.seat("move").settled;
  await moveTo(toSelf, space, items, tries);
}

interface Tries {
  /** What is leased counts as tried. Default false. */
  readonly areTried?: boolean;
}

/** Those that were not on their way yet. */
async function moveTo(
  parcels: typeof toParking,
  space: Space,
  items: readonly Item[],
  { areTried = false }: Tries,
  tell?: (identities: readonly string[]) => Promise<void>,
): Promise<void> {
  const frames = new Map<Frame, Item[]>();
  for (const item of items) {
    if (item.state === "moving" || item.state === "ended") continue;
    space.holdings.move(item, { isTried: areTried && item.state === "leased" });
    const { frame } = item.held;
    const together = frames.get(frame);
    if (together === undefined) frames.set(frame, [item]);
    else together.push(item);
  }
  const all = [...frames.values()].flat();
  const identities = [...new Set(all.map(({ recipient }) => recipient.identity))];
  await carry(
    space,
    all,
    () => [...frames].flatMap(([frame, some]) => parcels(space.around, frame, some.map(recipientOf))),
    async () => tell?.(identities),
  );
}

/** What is here of a queue that was dropped. Resolves when it is among the dead. */
export async function bury(space: Space, identity: string): Promise<void> {
  const carried: Promise<void>[] = [];
  for (const item of space.holdings.of(identity)) {
    const why = space.places.whyDropped(identity, item.recipient.epoch);
    if (why === undefined || item.state === "moving" || item.state === "ended") continue;
    space.holdings.move(item);
    carried.push(carry(space, [item], () => [toDead(space.around, item.held.frame, recipientOf(item), why)]));
  }
  await Promise.all(carried);
}

/** Sends copies of what is moving, as often as it takes, and ends it here when the server has them, and others know. */
async function carry(
  space: Space,
  items: readonly Item[],
  parcels: () => readonly Parcel[],
  tell?: () => Promise<void>,
): Promise<void> {
  if (items.length === 0) return;
  for (;;) {
    const left = items.filter(({ state }) => state === "moving");
    if (left.length === 0 || space.isClosing) return;
    try {
      await space.send(parcels(), "move", space.lasting);
      await tell?.();
      for (const item of left) if (item.state === "moving") space.holdings.end(item);
      return;
    } catch {
      // Whoever is here later gets it: it is still held, unless its connection was lost.
    }
    await pause();
  }
}

export function recipientOf({ recipient: { identity, epoch }, attempts }: Item): Recipient {
  return { identity, epoch, attempts };
}
