/** What one `publishMany` is to send, and whom each of its messages is for. */

import type { Outgoing } from "../../slots/index.ts";
import type { TimeSlice } from "../../tasks/time-slice.ts";
import { isNodeAddress } from "../../wire/addresses.ts";
import { type Awaiting, encodeAwaited } from "../../wire/awaited-frame.ts";
import type { Content } from "../../wire/message-frame.ts";
import { awaitedHeaders } from "../../wire/raw-message.ts";
import type { SentFrame } from "./sent-frame.ts";

/** Recipients of one frame to be sent to: with one message at a node address, else with one each. */
export interface Post {
  readonly frame: SentFrame;
  /** Absent: everyone in it, for the first time. */
  readonly places?: readonly number[];
  /** Where all of them are; absent: each has an address of its own. */
  readonly address?: string;
  readonly attempt: number;
  /** Of its messages, about. */
  readonly bytes: number;
}

/** Messages, and whom they are for, in the same order. */
export interface Posted {
  readonly messages: Outgoing[];
  readonly recipients: PostedRecipients[];
}

/** The recipients of one message or, where `isEach`, of as many messages. `places` absent: all of the frame. */
export interface PostedRecipients {
  readonly frame: SentFrame;
  readonly places: readonly number[] | undefined;
  readonly isEach: boolean;
}

function isSingles({ address }: Post): boolean {
  return address === undefined || !isNodeAddress(address);
}

/** Most messages that it can be. */
export function messagesOf(post: Post): number {
  return isSingles(post) ? (post.places?.length ?? post.frame.size) : 1;
}

export class Encoder {
  readonly #content: Content;
  readonly #replyTo: string;
  readonly #triesBefore: number;

  /** @param triesBefore tries that are not counted in those of the posts. */
  constructor(content: Content, replyTo: string, triesBefore: number) {
    this.#content = content;
    this.#replyTo = replyTo;
    this.#triesBefore = triesBefore;
  }

  /** Those that have been settled meanwhile are left out. */
  async encode(posts: readonly Post[], slice: TimeSlice): Promise<Posted> {
    const posted: Posted = { messages: [], recipients: [] };
    for (const post of posts) {
      if (isSingles(post)) this.#addSingles(post, posted);
      else this.#addFrame(post, posted);
      const rest = slice.rest();
      if (rest !== undefined) await rest;
    }
    return posted;
  }

  #addFrame({ frame, places, address = "", attempt }: Post, { messages, recipients }: Posted): void {
    const awaiting = this.#awaiting(frame, attempt);
    let body: Uint8Array;
    let open: readonly number[] | undefined;
    if (places === undefined) {
      body = encodeAwaited(this.#content, frame, awaiting);
    } else {
      open = openOf(frame, places);
      if (open.length === 0) return;
      const indices = open.map((place) => frame.indexOf(place));
      const identities = indices.map((index) => frame.identityAt(index));
      const epochs = indices.map((index) => frame.epochAt(index));
      body = encodeAwaited(this.#content, { identities, epochs }, { ...awaiting, places: open });
    }
    messages.push({ address, headers: {}, body });
    recipients.push({ frame, places: open, isEach: false });
  }

  #addSingles({ frame, places, attempt }: Post, { messages, recipients }: Posted): void {
    const { payload: body } = this.#content;
    const headersOf = awaitedHeaders(this.#content, this.#awaiting(frame, attempt));
    const open = openOf(frame, places ?? frame.identities.keys());
    for (const place of open) {
      const index = frame.indexOf(place);
      const headers = headersOf(frame.identityAt(index), frame.epochAt(index), place);
      messages.push({ address: frame.addressAt(index), headers, body });
    }
    if (open.length > 0) recipients.push({ frame, places: open, isEach: true });
  }

  #awaiting({ number: frame }: SentFrame, attempt: number): Awaiting {
    return { replyTo: this.#replyTo, frame, attempt: this.#triesBefore + attempt };
  }
}

function openOf(frame: SentFrame, places: Iterable<number>): number[] {
  const open: number[] = [];
  for (const place of places) {
    const index = frame.indexOf(place);
    if (index >= 0 && !frame.isSettled(index)) open.push(place);
  }
  return open;
}
