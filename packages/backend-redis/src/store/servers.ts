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

/** Servers are kept in sets, found by a hash, the latest of each first: a power of two of them, each of so many. */
const SETS = 256;
const WAYS = 4;
/** Of those bytes, which are random where a session begins. */
const HASHED = 8;

/**
 * Some of the servers that stamps have named of late, by the bytes that name them: a text that is shared costs neither time
 * nor memory, and is found at once where others are looked up by it.
 */
export class Servers {
  readonly #known: (Known | undefined)[] = Array.from({ length: SETS * WAYS }, () => undefined);

  /** Whose bytes begin at `at`, and where they end. */
  find(bytes: Uint8Array, at: number): Known | undefined {
    const first = setOf(bytes, at);
    for (let way = first; way < first + WAYS; way += 1) {
      const known = this.#known[way];
      if (known === undefined) return undefined;
      if (isAt(known.bytes, bytes, at)) return known;
    }
    return undefined;
  }

  /** Instead of the oldest of its set, once that is full. */
  add(bytes: Uint8Array, at: number, end: number, server: Server): void {
    const first = setOf(bytes, at);
    this.#known.copyWithin(first + 1, first, first + WAYS - 1);
    this.#known[first] = { bytes: new Uint8Array(bytes.subarray(at, end)), server };
  }
}

function isAt(known: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < known.length; index += 1) if (known[index] !== bytes[at + index]) return false;
  return true;
}

/** Where it begins. */
function setOf(bytes: Uint8Array, at: number): number {
  let hash = 0;
  for (let index = at; index < at + HASHED; index += 1) hash = (Math.imul(hash, 31) + (bytes[index] ?? 0)) | 0;
  return ((hash ^ (hash >>> 16)) & (SETS - 1)) * WAYS;
}
