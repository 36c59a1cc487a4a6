/** From a batch to parts that leave in one piece each, and from their answers to what failed. */

import { type BatchFailure, isMusterError, MusterError } from "@muster/core/slots";
import type { Burst } from "../connection/bursts.ts";
import { NAME } from "../errors.ts";
import { publishByScript } from "./by-script.ts";
import { publishAtOnce, transactionOf } from "./by-transaction.ts";
import { type Part, partsOf, type Publishing } from "./part.ts";

const SOURCE = `${NAME}.publishMany`;
/** Scripts of one batch; what has not been sent when the call ends is not sent any more. */
const MAX_SCRIPTS_IN_FLIGHT = 8;

/**
 * Parts leave in the order of the batch; in a cluster, of each shard.
 *
 * @throws when nothing is known of any message.
 */
export async function publish(publishing: Publishing): Promise<readonly BatchFailure[]> {
  const parts = partsOf(publishing.channels, publishing.letters);
  const failures: BatchFailure[] = [];
  const broken: MusterError[] = [];
  const waiting = parts.entries();
  const ahead = new WrittenAhead(publishing);
  const work = async (): Promise<void> => {
    for (const [number, part] of waiting) {
      const { unheard, error } = await publishPart(publishing, part, ahead, parts[number + 1]);
      for (const index of unheard.indexes) failures.push({ index, error: error ?? noRoute(publishing, index) });
      if (error !== undefined && unheard === part) broken.push(error);
    }
  };
  // A transaction that the server refuses takes the other way then, and no other may overtake it.
  const inFlight = publishing.bursts.areOpen ? 1 : Math.min(MAX_SCRIPTS_IN_FLIGHT, parts.length);
  await Promise.all(Array.from({ length: inFlight }, work));
  const [first] = broken;
  if (first !== undefined && broken.length === parts.length) throw broken.find(mayHaveApplied) ?? first;
  return failures.toSorted((one, other) => one.index - other.index);
}

/**
 * What nobody is known to have heard: for nobody listened, or for an error.
 *
 * @param next is written meanwhile.
 */
async function publishPart(
  publishing: Publishing,
  part: Part,
  ahead: WrittenAhead,
  next: Part | undefined,
): Promise<{ readonly unheard: Part; readonly error?: MusterError }> {
  let unheard = part;
  try {
    if (publishing.bursts.areOpen) {
      const transacted = await publishAtOnce(publishing, part, ahead.take(part), () => ahead.write(next));
      unheard = transacted.unheard;
      if (!transacted.isRefused) return { unheard };
    }
    // Of what a script is refused for the driver takes heed, too.
    return { unheard: await publishByScript(publishing, unheard) };
  } catch (cause) {
    return { unheard, error: coded(cause) };
  }
}

/** Transactions of parts, each written while the server does the one before it. */
class WrittenAhead {
  readonly #publishing: Publishing;
  #written: { readonly part: Part; readonly transaction: Burst } | undefined;

  constructor(publishing: Publishing) {
    this.#publishing = publishing;
  }

  write(part: Part | undefined): void {
    if (part === undefined) return;
    try {
      this.#written = { part, transaction: transactionOf(this.#publishing, part) };
    } catch {
      // It is thrown when it is this part's turn.
    }
  }

  take(part: Part): Burst {
    const written = this.#written;
    return written?.part === part ? written.transaction : transactionOf(this.#publishing, part);
  }
}

function noRoute({ letters }: Publishing, index: number): MusterError {
  const message = "nobody listens on this address";
  return new MusterError({ code: "NO_ROUTE", source: SOURCE, subject: letters.addressAt(index), message });
}

function mayHaveApplied(error: MusterError): boolean {
  return error.mayHaveApplied;
}

function coded(cause: unknown): MusterError {
  if (isMusterError(cause)) return cause;
  const message = "the batch could not be encoded";
  return new MusterError({ code: "INTERNAL", source: SOURCE, message, cause });
}
