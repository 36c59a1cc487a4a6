/** Who serves registrations, and where: few, as against those who are served, and each named in the stamps of all of them. */

export interface Server {
  readonly session: string | undefined;
  readonly address: string | undefined;
}

interface Known {
  /** As it stands in stamps. */
  readonly bytes: Uint8Array;
  readonly server: Server;
}

/** A power of two. */
const SLOTS = 256;
/** Of those bytes, which are random where a session begins. */
const HASHED = 8;

/**
 * Some of the servers that stamps have named of late, by the bytes that name them: a text that is shared costs neither time
 * nor memory, and is found at once where others are looked up by it.
 */
export class Servers {
  readonly #slots: (Known | undefined)[] = Array.from({ length: SLOTS }, () => undefined);

  /** Whose bytes begin at `at`, and where they end. */
  find(bytes: Uint8Array, at: number): Known | undefined {
    const known = this.#slots[slotOf(bytes, at)];
    return known !== undefined && isAt(known.bytes, bytes, at) ? known : undefined;
  }

  /** Instead of another with the same slot. */
  add(bytes: Uint8Array, at: number, end: number, server: Server): void {
    this.#slots[slotOf(bytes, at)] = { bytes: new Uint8Array(bytes.subarray(at, end)), server };
  }
}

function isAt(known: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < known.length; index += 1) if (known[index] !== bytes[at + index]) return false;
  return true;
}

function slotOf(bytes: Uint8Array, at: number): number {
  let hash = 0;
  for (let index = at; index < at + HASHED; index += 1) hash = (Math.imul(hash, 31) + (bytes[index] ?? 0)) | 0;
  return (hash ^ (hash >>> 16)) & (SLOTS - 1);
}
