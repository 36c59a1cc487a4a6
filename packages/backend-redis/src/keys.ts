/**
 * Names of what a namespace keeps in Redis: `<prefix>:{<namespace>}:<part>`.
 *
 * The braces are Redis' hash tag: all keys of a namespace lie in one slot, so that scripts may touch any of them. Neither
 * a namespace nor a part contains a brace or a colon.
 */

export const DEFAULT_PREFIX = "muster";

/** The keys of one namespace's registry. An identity's bytes are its name throughout. */
export interface RegistryKeys {
  /**
   * HASH identity → its stamp: everything beside the metadata. Holds whatever is known of an identity, tombstones too. Its
   * empty field is the last epoch given to anyone.
   */
  readonly stamps: string;
  /** HASH identity → its record: the metadata as JSON text. */
  readonly records: string;
  /** ZSET of identities, all with score 0: standing registrations without sessions, which is what the quota counts. */
  readonly order: string;
  /** ZSET, all with score 0, of session NUL identity: which of those a session serves. */
  readonly members: string;
  /** What waits for a step of its end. */
  readonly expiring: QueueKeys;
  /** The same for sessions, apart so that the rest can be counted. */
  readonly expiringSessions: QueueKeys;
  /** Tombstones of both. */
  readonly graves: QueueKeys;
  /** STREAM of who has changed, while somebody follows: see `scripts/changes.ts`. */
  readonly changes: string;
  /** HASH: which fields are indexed, and a version that changes with that. */
  readonly catalogue: string;
  /** HASH identity → its indexed values, joined by NUL: what its entries in the indexes are. */
  readonly values: string;
}

interface QueueKeys {
  /** ZSET identity → the instant its step becomes due (of a grave: its confirmation), epoch ms. */
  readonly due: string;
  /** ZSET identity → the instant the claim on its step lapses, epoch ms. Who is here is not in `due`. */
  readonly claimed: string;
}

export function registryKeys(prefix: string, namespace: string): RegistryKeys {
  const key = (part: string): string => `${prefix}:{${namespace}}:${part}`;
  const queue = (name: string): QueueKeys => ({ due: key(name), claimed: key(`${name}-claimed`) });
  return Object.freeze({
    stamps: key("stamps"),
    records: key("records"),
    order: key("order"),
    members: key("members"),
    expiring: queue("expiry"),
    expiringSessions: queue("sessions"),
    graves: queue("graves"),
    changes: key("changes"),
    catalogue: key("catalogue"),
    values: key("values"),
  });
}

/** ZSET, all with score 0, of encoded value NUL identity: one field's index. `position` is its place in the catalogue. */
export function indexKey(prefix: string, namespace: string, position: number): string {
  return `${prefix}:{${namespace}}:index:${position}`;
}

/** What the names of all keys of a namespace's queues begin with. README, "Queues", tells what each of them holds. */
export function queuesKey(prefix: string, namespace: string): string {
  return `${prefix}:{${namespace}}:queues:`;
}
