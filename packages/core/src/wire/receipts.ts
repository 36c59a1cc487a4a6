/** What a receiver tells the sender of a durable multicast. Layout: `frame.ts`. */

import { BODY_AT, damaged, newFrame, sealed, textOf, viewOf } from "./envelope.ts";

export const KIND_RECEIPTS = 5;

const LENGTHS_BYTES = 10;

/** A hint to the sender of a durable multicast: what became of these of its recipients. The store knows the truth. */
export interface ReceiptsFrame {
  readonly kind: "receipts";
  readonly id: string;
  readonly delivered: readonly string[];
  readonly failed: readonly FailedReceipt[];
}

export interface FailedReceipt {
  readonly identity: string;
  readonly code: string;
  readonly reason: string;
}

export function encodeReceipts({ id, delivered, failed }: Omit<ReceiptsFrame, "kind">): Uint8Array {
  const idBytes = Buffer.from(id);
  const names = Buffer.from(delivered.join("\n"));
  const failures = Buffer.from(JSON.stringify(failed.map(({ identity, code, reason }) => [identity, code, reason])));
  const namesAt = BODY_AT + LENGTHS_BYTES + idBytes.length;
  const frame = newFrame(KIND_RECEIPTS, namesAt + names.length + failures.length);
  const view = viewOf(frame);
  view.setUint16(BODY_AT, idBytes.length);
  view.setUint32(BODY_AT + 2, delivered.length);
  view.setUint32(BODY_AT + 6, names.length);
  frame.set(idBytes, BODY_AT + LENGTHS_BYTES);
  frame.set(names, namesAt);
  frame.set(failures, namesAt + names.length);
  return sealed(frame);
}

export function decodeReceipts(bytes: Uint8Array): ReceiptsFrame {
  const textAt = BODY_AT + LENGTHS_BYTES;
  if (bytes.length < textAt) throw damaged("it ends within its header");
  const view = viewOf(bytes);
  const count = view.getUint32(BODY_AT + 2);
  const namesAt = textAt + view.getUint16(BODY_AT);
  const failuresAt = namesAt + view.getUint32(BODY_AT + 6);
  if (failuresAt > bytes.length) throw damaged("it ends within its recipients");
  const delivered = count === 0 ? [] : textOf(bytes, namesAt, failuresAt).split("\n");
  if (delivered.length !== count) throw damaged("its recipients are not as many as it says");
  const failures = JSON.parse(textOf(bytes, failuresAt, bytes.length)) as [string, string, string][]; // Its checksum is right: it is what `encodeReceipts` wrote.
  return {
    kind: "receipts",
    id: textOf(bytes, textAt, namesAt),
    delivered,
    failed: failures.map(([identity, code, reason]) => ({ identity, code, reason })),
  };
}
