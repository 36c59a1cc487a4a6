/** Subjects: `prefix.namespace.address`, each part a token that no server reads anything into. */

import { encodeName } from "@muster/core/slots";

/** No address is spelled with it, so that nothing of the queues is ever in an inbox. */
const QUEUES = "~";
/** Of the queues: with three of them a subject stays far below the 4,096 bytes of a line. */
const MAX_PART_LENGTH = 255;
/** Longer names are cut and end in a hash; plain ASCII of any allowed length stays below. */
const MAX_TOKEN_LENGTH = 512;
const PLAIN_PART = /^[A-Za-z0-9-]{1,255}$/;
const PLAIN = /^[A-Za-z0-9-]{1,256}$/;
/** The subjects of one namespace. */
export class Subjects {
  /** What stands before the address. */
  readonly base: string;

  constructor(prefix: string, namespace: string) {
    this.base = `${prefix}.${encodeName(namespace, MAX_TOKEN_LENGTH)}.`;
  }

  /** `address` must be one. */
  of(address: string): string {
    return this.base + (PLAIN.test(address) ? address : encodeName(address, MAX_TOKEN_LENGTH));
  }

  /** Whether the address can be read back from its subject. */
  isReversible(subject: string): boolean {
    return !subject.includes("__", this.base.length);
  }
}

/** Where what nobody is attached for waits. */
export const PARKED = "parked";

/** Streams of a namespace's queues, and the subjects in them: `prefix.namespace.~.kind.…`. README, "Queues". */
export class QueueSubjects {
  /** Streams: of entries, states and messages, attachments, dead letters and multicasts. */
  readonly queue: string;
  readonly states: string;
  readonly attachments: string;
  readonly records: string;
  readonly clock: string;
  readonly #base: string;

  constructor(prefix: string, namespace: string) {
    this.#base = `${prefix}.${encodeName(namespace, MAX_TOKEN_LENGTH)}.${QUEUES}.`;
    const name = `${prefix.replaceAll(".", "=")}+${encodeName(namespace, MAX_PART_LENGTH)}`;
    this.queue = `${name}+queue`;
    this.states = `${name}+states`;
    this.attachments = `${name}+attachments`;
    this.records = `${name}+records`;
    this.clock = `${this.#base}clock`;
  }

  get allEntries(): string {
    return `${this.#base}q.>`;
  }
  get allStates(): string {
    return `${this.#base}l.>`;
  }
  get allMessages(): string {
    return `${this.#base}m.>`;
  }
  get allAttachments(): string {
    return `${this.#base}a.>`;
  }
  get allLetters(): string {
    return `${this.#base}x.>`;
  }
  get allStarts(): string {
    return `${this.#base}b.>`;
  }
  get allKeys(): string {
    return `${this.#base}k.>`;
  }
  get allRecipients(): string {
    return `${this.#base}t.>`;
  }

  isState(subject: string): boolean {
    return subject.startsWith(`${this.#base}l.`);
  }
  isMessage(subject: string): boolean {
    return subject.startsWith(`${this.#base}m.`);
  }
  isLetter(subject: string): boolean {
    return subject.startsWith(`${this.#base}x.`);
  }

  /** A session's place, which is also the name of its consumer; none is {@link PARKED}. */
  placeOf(session: string): string {
    return `s-${part(session)}`;
  }
  entriesAt(place: string): string {
    return `${this.#base}q.${place}.>`;
  }
  /** Of one entry: a server of 2.9 loses sight of some where several have one subject and leave out of turn. */
  entry(place: string, identity: string, id: string): string {
    return `${this.#base}q.${place}.${part(identity)}.${part(id)}`;
  }
  /** Wherever they are. */
  entriesOf(identity: string): string {
    return `${this.#base}q.*.${part(identity)}.*`;
  }
  /** Whose an entry is, as its subject has it: the same as {@link ownerOf} has of the identity. */
  ownerIn(entry: string): string {
    return entry.split(".").at(-2) ?? "";
  }
  ownerOf(identity: string): string {
    return part(identity);
  }
  /** Under which JetStream knows an entry that has been published. */
  dedupId(id: string, identity: string): string {
    return `${part(id)}.${part(identity)}`;
  }
  state(id: string, identity: string): string {
    return `${this.#base}l.${part(id)}.${part(identity)}`;
  }
  statesOf(id: string): string {
    return `${this.#base}l.${part(id)}.*`;
  }
  message(id: string): string {
    return `${this.#base}m.${part(id)}`;
  }
  attachment(identity: string): string {
    return `${this.#base}a.${part(identity)}`;
  }
  letter(identity: string, id: string): string {
    return `${this.#base}x.${part(identity)}.${part(id)}`;
  }
  lettersOf(identity: string): string {
    return `${this.#base}x.${part(identity)}.*`;
  }
  start(id: string): string {
    return `${this.#base}b.${part(id)}`;
  }
  key(key: string): string {
    return `${this.#base}k.${part(key)}`;
  }
  recipients(id: string, page: string): string {
    return `${this.#base}t.${part(id)}.${page}`;
  }
  recipientsOf(id: string): string {
    return `${this.#base}t.${part(id)}.*`;
  }
}

function part(name: string): string {
  return PLAIN_PART.test(name) ? name : encodeName(name, MAX_PART_LENGTH);
}
