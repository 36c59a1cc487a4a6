import type { Context } from "./context.ts";
import { unsupported } from "./sending/path.ts";
import type { Call, OutboxBacklog } from "./slots/index.ts";
import { retry } from "./tasks/retry.ts";

const SOURCE = "core.backlog";

/** @throws UNSUPPORTED without an outbox; TIMEOUT, ABORTED; what the outbox throws. */
export async function backlog({ outbox }: Context, call: Call): Promise<OutboxBacklog> {
  if (outbox === undefined) throw unsupported("backlog", "this registry was opened without an outbox", SOURCE);
  return await retry(call, SOURCE, () => outbox.backlog(call));
}
