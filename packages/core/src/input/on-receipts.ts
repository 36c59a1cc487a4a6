import { invalidArgument } from "../call.ts";
import type { MulticastOptions } from "../fleet.ts";

/** @throws INVALID_ARGUMENT */
export function onReceiptsOf(
  { onReceipts }: Pick<MulticastOptions, "onReceipts">,
  source: string,
): MulticastOptions["onReceipts"] {
  if (onReceipts !== undefined && typeof onReceipts !== "function")
    throw invalidArgument(source, "onReceipts must be a function");
  return onReceipts;
}
