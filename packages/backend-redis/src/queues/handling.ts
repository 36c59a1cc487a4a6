/** Handling a delivery in one piece with its acknowledgement. */

import { MusterError } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { NAME } from "../errors.ts";
import { admitScript, handleScript } from "../scripts/queues/handle.ts";
import { bytesIn, listIn } from "../store/replies.ts";
import { codedError } from "./failures.ts";
import { run, type Space } from "./space.ts";
import { CollectedTransaction, type RedisTransaction } from "./transaction.ts";

export interface HandledDelivery {
  readonly messageId: string;
  readonly identity: string;
  readonly receipt: string;
}

/**
 * The contract's `handleOnce`. That the delivery is acknowledged is all that needs to be noted: it is known as long as
 * its message is. The lease is looked at before the work, so that none is done for nothing, and decides when its
 * commands run.
 *
 * @throws INTERNAL: it is handled and acknowledged, but a command has failed.
 */
export async function handleOnce(
  space: Space,
  { messageId, identity, receipt: text }: HandledDelivery,
  work: (transaction: RedisTransaction) => Promise<void>,
  call: RedisCall,
): Promise<"handled" | "duplicate"> {
  const receipt = space.receipts.read(text);
  if (receipt === undefined) throw codedError("FENCED", "handleOnce", identity);
  const delivery = [receipt.page, receipt.place, receipt.serial, identity, messageId];
  const before = bytesIn(await run(space, admitScript, delivery, call)).toString();
  if (before === "duplicate") return "duplicate";
  if (before !== "leased") throw codedError("FENCED", "handleOnce", identity);
  const commands = await collect(space.hashTag, work);
  const [verdict, failure] = listIn(await run(space, handleScript, [...delivery, ...commands], call));
  const after = bytesIn(verdict).toString();
  if (after === "fenced") throw codedError("FENCED", "handleOnce", identity);
  if (failure instanceof Buffer) {
    const message = `it is handled, but a command has failed (${failure.toString()})`;
    throw new MusterError({
      code: "INTERNAL",
      source: `${NAME}.handleOnce`,
      subject: identity,
      message,
      mayHaveApplied: true,
    });
  }
  return after === "handled" ? "handled" : "duplicate";
}

async function collect(
  hashTag: string,
  work: (transaction: RedisTransaction) => Promise<void>,
): Promise<ReturnType<CollectedTransaction["end"]>> {
  const transaction = new CollectedTransaction(hashTag);
  try {
    await work(transaction);
  } finally {
    transaction.end();
  }
  return transaction.end();
}
