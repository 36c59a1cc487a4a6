/** One node of the chat service, as whoever talks to it sees it: in this process or in another. */

import type { FilterInput, MulticastReport } from "@muster/core";
import type { User } from "./schema.ts";

/** What a user brings along; the rest of the metadata is filled in. */
export interface Profile {
  readonly name: string;
  readonly room: string;
  readonly status: NonNullable<User["status"]>;
}

/** A line of a room's list. */
export interface Participant {
  readonly user: string;
  readonly name: string;
  /** What the user said last; `offline` when the user's node is gone. */
  readonly status: NonNullable<User["status"]> | "offline";
}

/** Every answer is data, so that it can cross between processes. */
export interface Chat {
  /** Its connections now end here. Twice is `ALREADY_EXISTS`, unless the former node is gone. */
  join(user: string, profile: Profile): Promise<void>;
  /** Of a user who joined here. */
  change(user: string, patch: Partial<Pick<User, "status" | "current_room">>): Promise<void>;
  /** With a goodbye. */
  leave(user: string): Promise<void>;
  /** Whoever matches, on whichever node, by name. */
  list(filter: FilterInput<User>): Promise<readonly Participant[]>;
  /** To everyone in the room, on whichever node. */
  say(room: string, from: string, text: string): Promise<MulticastReport>;
  /** The same, kept for whoever is away: they are handed it when they join again. Needs a durability slot. */
  leaveWord(room: string, from: string, text: string): Promise<MulticastReport>;
  /** Users of this node who were handed the message, in order of arrival; more than once, if they were. */
  heard(messageId: string): Promise<readonly string[]>;
}
