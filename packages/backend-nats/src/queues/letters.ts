/** How a delivery becomes a dead letter, in two steps: its state says so first, then the letter is written. */

import { randomUUID } from "node:crypto";
import type { DeadCode } from "@muster/core/slots";
import type { QueueCall } from "../jetstream/call.ts";
import type { Entry } from "./entries.ts";
import { framed, unframed } from "./frames.ts";
import type { Space } from "./space.ts";
import { changeState, isOver, settledIn, type State } from "./states.ts";
import { describe, type StoredHead } from "./stored-messages.ts";

/** Of a stored letter, in JSON; behind it stands the payload. */
export interface LetterHead extends StoredHead {
  readonly identity: string;
  readonly attempts: number;
  readonly death: NonNullable<State["death"]>;
}

export function letterIn(data: Uint8Array): { readonly head: LetterHead; readonly payload: Uint8Array } {
  return unframed<LetterHead>(data);
}

/** What is neither over nor was redriven since ends; what had died already has its letter. */
export async function bury(
  space: Space,
  { identity, id, expiresAt, revives }: Entry,
  { code, reason }: { readonly code: DeadCode; readonly reason: string },
  call: QueueCall,
): Promise<void> {
  const death = { id: randomUUID(), code, reason, at: Math.round(space.clock.now) };
  const stands = await changeState(
    space,
    { id, identity },
    (state) => {
      const wasRedriven = revives !== undefined && state?.death?.id === revives.death;
      if (state !== undefined && isOver(state) && !wasRedriven) return undefined;
      const attempts = wasRedriven ? 0 : (state?.attempts ?? 0);
      return { identity, is: "dead", attempts, expiresAt, death, ...(state === undefined ? {} : settledIn(state)) };
    },
    call,
  );
  if (stands?.is === "dead") await ensureLetter(space, id, stands, call);
}

/** The state is that of a dead one. A letter that is there stays. */
export async function ensureLetter(space: Space, id: string, state: State, call: QueueCall): Promise<void> {
  const { jetStream, messages, subjects } = space;
  const { identity, attempts, death } = state;
  if (death === undefined) return;
  const message = await messages.read(id, call);
  if (message === undefined) return; // Everything it could tell is gone.
  const head: LetterHead = { ...describe(message), until: 0, identity, attempts, death };
  await jetStream.publish(subjects.letter(identity, id), framed(head, message.payload), { expected: 0 }, call);
}
