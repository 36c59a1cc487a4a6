/** The contract's `settleMany` and `extendMany`. */

import type { BatchFailure, Settlement } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { NAME } from "../errors.ts";
import { extendScript, settleScript } from "../scripts/queues/settle.ts";
import type { Script } from "../scripts/script.ts";
import { cut, sendParts } from "../store/batches.ts";
import { listIn, numberIn } from "../store/replies.ts";
import { checkBatch, checkLease } from "./arguments.ts";
import { type FailureCode, failuresOf } from "./failures.ts";
import { run, type Space } from "./space.ts";

/** Receipts of one page that follow each other, and that the same is to be done with. */
interface Run {
  readonly page: string;
  readonly from: number;
  to: number;
  readonly serial: number;
  /** What is to be done, as the script takes it. */
  readonly way: readonly string[];
  /** Where they stand in the batch. */
  readonly indexes: number[];
}

export async function settleMany(
  space: Space,
  settlements: readonly Settlement[],
  call: RedisCall,
): Promise<readonly BatchFailure[]> {
  checkBatch(settlements, "settleMany");
  const receiptAt = (index: number): string => settlements[index]?.receipt ?? "";
  const runs = runsOf(space, settlements.length, receiptAt, (index) => wayOf(settlements[index]));
  const fenced = await fencedOf(space, settleScript, [], runs, call);
  return failuresOf(fenced, "settleMany", receiptAt);
}

export async function extendMany(
  space: Space,
  receipts: readonly string[],
  leaseMs: number,
  call: RedisCall,
): Promise<readonly BatchFailure[]> {
  checkBatch(receipts, "extendMany");
  checkLease(leaseMs, "extendMany");
  const receiptAt = (index: number): string => receipts[index] ?? "";
  const runs = runsOf(space, receipts.length, receiptAt, () => NO_WAY);
  const fenced = await fencedOf(space, extendScript, [Math.ceil(leaseMs)], runs, call);
  return failuresOf(fenced, "extendMany", receiptAt);
}

const NO_WAY: readonly string[] = [];
const ACK: readonly string[] = ["a", "0", "", ""];
const RELEASE: readonly string[] = ["l", "0", "", ""];

function wayOf(settlement: Settlement | undefined): readonly string[] {
  switch (settlement?.as) {
    case "retry":
      return ["r", String(Math.ceil(settlement.delayMs ?? 0)), "", ""];
    case "dead":
      return ["d", "0", settlement.code, settlement.reason];
    case "release":
      return RELEASE;
    default:
      return ACK;
  }
}

/**
 * Of one script. What was handed out of a lane and is acknowledged together is hardly any; all else is done one by one.
 */
const MOST_WORK = 250;
/** Of the first lease: it may as well have been of a mailbox. */
const WORK_OF_ACK = 0.5;
/** Longer runs are cut; what is extended is as quick as what is acknowledged, and is found only as it was leased. */
const MOST_ACKED = 500;
const MOST_EXTENDED = 1_000;
const MOST_OTHERS = 250;
/** In code units, without its reason. */
const RUN_LENGTH = 64;

function isQuick({ way, serial }: Run): boolean {
  return (way === ACK || way === NO_WAY) && serial === 1;
}

function mostOf(run: Run): number {
  if (!isQuick(run)) return MOST_OTHERS;
  return run.way === ACK ? MOST_ACKED : MOST_EXTENDED;
}

function workOf(run: Run): number {
  return 1 + (run.to - run.from) * (isQuick(run) ? WORK_OF_ACK : 1);
}

interface Runs {
  readonly runs: readonly Run[];
  /** Of receipts that can't be read. */
  readonly strange: readonly number[];
}

function runsOf(
  { receipts }: Space,
  length: number,
  receiptAt: (index: number) => string,
  wayAt: (index: number) => readonly string[],
): Runs {
  const runs: Run[] = [];
  const strange: number[] = [];
  let last: Run | undefined;
  for (let index = 0; index < length; index += 1) {
    const receipt = receipts.read(receiptAt(index));
    if (receipt === undefined) {
      strange.push(index);
      continue;
    }
    const { page, place, serial } = receipt;
    const way = wayAt(index);
    if (
      last?.page === page &&
      last.to + 1 === place &&
      last.serial === serial &&
      last.way === way &&
      last.indexes.length < mostOf(last)
    ) {
      last.to = place;
      last.indexes.push(index);
    } else {
      last = { page, from: place, to: place, serial, way, indexes: [index] };
      runs.push(last);
    }
  }
  return { runs, strange };
}

async function fencedOf(
  space: Space,
  script: Script,
  first: readonly number[],
  { runs, strange }: Runs,
  call: RedisCall,
): Promise<ReadonlyMap<number, FailureCode>> {
  const parts = cut(runs, ({ way }) => RUN_LENGTH + (way[3]?.length ?? 0), MOST_WORK, workOf);
  const fenced = await sendParts(parts, `${NAME}.${script.name}`, call, async (part) => {
    const entries = part.flatMap(({ page, from, to, serial, way }) => [page, from, to, serial, ...way]);
    const reply = listIn(await run(space, script, [...first, ...entries], call));
    const indexes: number[] = [];
    for (let at = 0; at < reply.length; at += 2) {
      const one = part[numberIn(reply[at]) - 1];
      const index = one?.indexes[numberIn(reply[at + 1]) - one.from];
      if (index !== undefined) indexes.push(index);
    }
    return indexes;
  });
  return new Map([...strange, ...fenced].map((index) => [index, "FENCED"]));
}
