/** Subjects: `prefix.namespace.address`, each part a token that no server reads anything into. */

import { encodeName } from "@muster/core/slots";

/** Longer names are cut and end in a hash; plain ASCII of any allowed length stays below. */
const MAX_TOKEN_LENGTH = 512;
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
