/** Where everything lies, in the folder of one namespace. */

import { decodeName, encodeName, SESSION_PREFIX } from "@muster/core/slots";

/** Every upper-case letter may double, and file systems end at 255. */
const MAX_NAME = 120;
const SUFFIX = ".json";

/**
 * - `identities`, `sessions`: who stands, live or expired.
 * - `tombstones`: who has expired, and whose last step is still to come. Void beside a file of the same name that stands.
 * - `lock`: see `lock.ts`.
 */
export const PLACES = ["identities", "sessions", "tombstones", "lock"] as const;

/** Which file holds a record. */
export interface Key {
  readonly place: Exclude<(typeof PLACES)[number], "lock">;
  readonly name: string;
}

/** The last epoch that was given to anyone. */
export const EPOCH_FILE = "epoch";

export function standingKey(identity: string): Key {
  return { place: isSession(identity) ? "sessions" : "identities", name: fileName(identity) };
}

export function tombstoneKey(identity: string): Key {
  return { place: "tombstones", name: fileName(identity) };
}

export function isSession(identity: string): boolean {
  return identity.startsWith(SESSION_PREFIX);
}

/** Different texts get different names, also where the file system doesn't tell `A` from `a`. */
export function folderName(text: string): string {
  return encodeName(text, MAX_NAME).replace(/[A-Z]/g, (letter) => `=${letter.toLowerCase()}`);
}

function fileName(identity: string): string {
  return folderName(identity) + SUFFIX;
}

/** `undefined` for a name that was cut: its file has the identity. */
export function identityOf(name: string): string | undefined {
  return decodeName(name.slice(0, -SUFFIX.length).replace(/=([a-z])/g, (_, letter: string) => letter.toUpperCase()));
}
