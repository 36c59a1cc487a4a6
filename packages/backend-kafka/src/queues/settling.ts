/** How leases end by somebody's word: known here at once, told when it stands in `pos`. */

import { type BatchFailure, type Call, type MusterError, queueFailure, type Settlement } from "@muster/core/slots";
import { codedError, NAME } from "../errors.ts";
import { bury, type Dead } from "./letters.ts";
import type { Verdict } from "./ledger.ts";
import type { Item, Mailbox } from "./mailbox.ts";
import type { Space } from "./space.ts";

const OPERATION = "settleMany";

interface Begun {
  readonly index: number;
  readonly settlement: Settlement;
  readonly item: Item;
}

export async function settleMany(
  space: Space,
  settlements: readonly Settlement[],
  call: Call,
): Promise<readonly BatchFailure[]> {
  const failures: BatchFailure[] = [];
  const begun: Begun[] = [];
  /** By index: where it has to be written, or was. */
  const written = new Map<number, Mailbox>();
  for (const [index, settlement] of settlements.entries()) {
    const { receipt, as } = settlement;
    const found = space.mailboxes.find(receipt);
    if (found === undefined || (!("state" in found) && found.way !== as)) failures.push(fenced(index, receipt));
    else if (!("state" in found)) written.set(index, found.mailbox);
    else if (found.state === "leased") {
      found.state = "settling";
      begun.push({ index, settlement, item: found });
      if (as !== "release") written.set(index, found.mailbox);
    } else if (begun.some((one) => one.item === found && one.settlement.as !== as))
      failures.push(fenced(index, receipt));
    else written.set(index, found.mailbox);
  }
  const unburied = await buryAll(space, begun, call);
  for (const one of begun) {
    const { item, index, settlement } = one;
    const error = unburied.get(item);
    if (error === undefined && settle(space, one)) continue;
    if (error !== undefined && item.state === "settling") item.state = "leased";
    failures.push(error === undefined ? fenced(index, settlement.receipt) : { index, error });
    written.delete(index);
  }
  if (written.size === 0) await space.barrier.pass(OPERATION);
  else failures.push(...(await write(space, settlements, written)));
  space.replay.look();
  for (const session of new Set(begun.map(({ item }) => item.mailbox.session))) space.waiters.wake(session);
  return failures.sort((a, b) => a.index - b.index);
}

/** What comes next for them is handed out when it is certain that this has ended, or cannot be known. */
async function write(
  space: Space,
  settlements: readonly Settlement[],
  written: ReadonlyMap<number, Mailbox>,
): Promise<readonly BatchFailure[]> {
  const mailboxes = new Set(written.values());
  const verdicts = new Map<Mailbox, Verdict>();
  await Promise.all(
    [...mailboxes].map(async (mailbox) => {
      if (space.mailboxes.get(mailbox.identity) !== mailbox) {
        verdicts.set(mailbox, !mailbox.isDirty);
        return;
      }
      if (!mailbox.isDirty && mailbox.holds === 0) {
        verdicts.set(mailbox, true);
        return;
      }
      mailbox.holds += 1;
      verdicts.set(mailbox, await space.flusher.flush(mailbox));
      mailbox.holds -= 1;
    }),
  );
  const failures: BatchFailure[] = [];
  for (const [index, mailbox] of written) {
    const verdict = verdicts.get(mailbox) ?? false;
    const receipt = settlements[index]?.receipt ?? "";
    if (verdict === false) failures.push(fenced(index, receipt));
    else if (verdict !== true) failures.push({ index, error: late(verdict) });
  }
  const [first] = failures;
  const isAll = failures.length === settlements.length && failures.every(({ error }) => error.code === "UNAVAILABLE");
  if (isAll && first !== undefined) throw first.error;
  return failures;
}

/** False: it has ended otherwise, or another attachment has it. */
function settle({ mailboxes }: Space, { settlement, item }: Begun): boolean {
  if (item.state !== "settling" || mailboxes.get(item.mailbox.identity) !== item.mailbox) return false;
  const { receipt, as } = settlement;
  switch (as) {
    case "ack":
    case "dead":
      mailboxes.end(item);
      break;
    case "release":
      mailboxes.wait(item);
      break;
    case "retry": {
      const { delayMs = 0 } = settlement;
      mailboxes.wait(item, { isTried: true, dueAt: delayMs > 0 ? Date.now() + delayMs : 0 });
      break;
    }
  }
  mailboxes.settled(receipt, { way: as, mailbox: item.mailbox });
  return true;
}

/** Why those are not dead. */
async function buryAll(space: Space, begun: readonly Begun[], call: Call): Promise<ReadonlyMap<Item, MusterError>> {
  const dead = begun.flatMap(({ item, settlement }): readonly Dead[] => {
    if (settlement.as !== "dead") return [];
    const { code, reason } = settlement;
    return [{ item, code, reason, attempts: item.attempts + 1 }];
  });
  return dead.length === 0 ? new Map() : bury(space, dead, call, OPERATION);
}

export async function extendMany(space: Space, receipts: readonly string[]): Promise<readonly BatchFailure[]> {
  await space.barrier.pass("extendMany");
  return receipts.flatMap((receipt, index): readonly BatchFailure[] => {
    const found = space.mailboxes.find(receipt);
    if (found !== undefined && "state" in found && found.state === "leased") return [];
    return [{ index, error: queueFailure("FENCED", `${NAME}.extendMany`, receipt) }];
  });
}

function late(error: Error): MusterError {
  return codedError(error, { operation: OPERATION, mayHaveApplied: true });
}

function fenced(index: number, receipt: string): BatchFailure {
  return { index, error: queueFailure("FENCED", `${NAME}.${OPERATION}`, receipt) };
}
