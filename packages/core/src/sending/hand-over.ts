import {
  type BatchFailure,
  type Call,
  type MessagingBackend,
  type Outgoing,
  type OutgoingColumns,
  rowsOf,
} from "../slots/index.ts";

/** By columns where the slot has a way for them. Answers as `publishMany` does. */
export async function handOver(
  messaging: MessagingBackend,
  outgoing: readonly Outgoing[] | OutgoingColumns,
  call: Call,
): Promise<readonly BatchFailure[]> {
  if (!isColumns(outgoing)) return messaging.publishMany(outgoing, call);
  const { columns } = messaging;
  return columns === undefined ? messaging.publishMany(rowsOf(outgoing), call) : columns.publishMany(outgoing, call);
}

function isColumns(outgoing: readonly Outgoing[] | OutgoingColumns): outgoing is OutgoingColumns {
  return "columns" in outgoing;
}
