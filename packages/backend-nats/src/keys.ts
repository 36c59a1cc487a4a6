/** Subjects: `prefix.namespace.address`, each part a token that no server reads anything into. */

import { encodeName } from "@muster/core/slots";

/** Longer names are cut and end in a hash; plain ASCII of any allowed length stays below. */
const MAX_TOKEN_LENGTH = 512;
const MAX_ADDRESS_BYTES = 256;
const MAX_REMEMBERED = 8_192;
const PLAIN = /^[A-Za-z0-9-]{1,256}$/;
/** Control characters, and halves of surrogate pairs. */
const IMPOSSIBLE = /[\p{Cc}\p{Cs}]/u;

export function isAddress(address: string): boolean {
  if (PLAIN.test(address)) return true;
  if (address === "" || address.length > MAX_ADDRESS_BYTES) return false;
  return Buffer.byteLength(address) <= MAX_ADDRESS_BYTES && !IMPOSSIBLE.test(address);
}

export interface Subject {
  readonly name: string;
  /** The address can be read back from it. */
  readonly isReversible: boolean;
}

/** The subjects of one namespace. */
export class Subjects {
  readonly #base: string;
  readonly #known = new Map<string, Subject>();

  constructor(prefix: string, namespace: string) {
    this.#base = `${prefix}.${encodeName(namespace, MAX_TOKEN_LENGTH)}.`;
  }

  /** `address` must be one. */
  of(address: string): Subject {
    if (PLAIN.test(address)) return { name: this.#base + address, isReversible: true };
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const token = encodeName(address, MAX_TOKEN_LENGTH);
    const subject = { name: this.#base + token, isReversible: !token.includes("__") };
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    this.#known.set(address, subject);
    return subject;
  }
}
