/** The contract's `settleMany` and `extendMany`. */

import type { BatchFailure, Settlement } from "@muster/core/slots";
import type { RedisCall } from "../client.ts";
import { NAME } from "../errors.ts";
import { extendScript, settleScript } from "../scripts/queues/settle.ts";
import { cut, sendParts } from "../store/batches.ts";
import { listIn, numberIn } from "../store/replies.ts";
import { checks } from "./arguments.ts";
import { acknowledgedAll, MOST_WHOLES, lengthOfWhole } from "./acknowledging.ts";
import { type FailureCode, failuresOf } from "./failures.ts";
import { type GivenPage, givenPage } from "./given-pages.ts";
import { firstReceipts, type Receipt, ReceiptReader } from "./receipts.ts";
import { run, type Space } from "./space.ts";

/** Receipts of one page that follow each other, and that the same is to be done with. */
interface Run {
  readonly page: string;
  readonly from: number;
  to: number;
  readonly serial: number;
  /** What is to be done, as the script takes it. */
  readonly way: readonly string[];
  /** Where the first stands in the batch; the others follow it. */
  readonly index: number;
  /** What it acknowledges is all that was handed out of a page. */
  readonly given?: GivenPage;
}

export async function settleMany(
  space: Space,
  settlements: readonly Settlement[],
  call: RedisCall,
): Promise<readonly BatchFailure[]> {
  checks.checkBatch(settlements, "settleMany");
  const receiptAt = (index: number): string => settlements[index]?.receipt ?? "";
  const wholes: Run[] = [];
  const others: number[] = [];
  for (let index = 0; index < settlements.length; index += 1) {
    const given = space.given.take(settlements, index);
    if (given === undefined) {
      others.push(index);
      continue;
    }
    wholes.push(wholeOf(given, index));
    index += given.receipts.length - 1;
  }
  const { runs, strange } = runsOf(space, others, receiptAt, (index) => wayOf(settlements[index]));
  const fenced = await sendParts(partsOf(wholes, runs), `${NAME}.settleMany`, call, async (part) => {
    if (await acknowledgedAll(space, part, call)) return [];
    const pieces = part.flatMap((one) => piecesOf(one));
    const refused: number[] = [];
    for (const piece of cutRuns(pieces)) {
      const args = piece.flatMap(({ page, from, to, serial, way }) => [page, from, to, serial, ...way]);
      refused.push(...refusedIn(piece, await run(space, settleScript, args, call)));
    }
    return refused;
  });
  return failuresOf(fencedOf(strange, fenced), "settleMany", receiptAt);
}

/** What is settled twice in one batch is settled as it comes first. */
function partsOf(wholes: readonly Run[], runs: readonly Run[]): readonly (readonly Run[])[] {
  const pages = new Set(wholes.map(({ page }) => page));
  if (pages.size < wholes.length || runs.some(({ page }) => pages.has(page))) {
    return cutRuns([...wholes.flatMap((one) => piecesOf(one)), ...runs].sort((one, other) => one.index - other.index));
  }
  return [...cut(wholes, lengthOfWhole, MOST_WHOLES), ...cutRuns(runs)];
}

export async function extendMany(
  space: Space,
  receipts: readonly string[],
  leaseMs: number,
  call: RedisCall,
): Promise<readonly BatchFailure[]> {
  checks.checkBatch(receipts, "extendMany");
  checks.checkLease(leaseMs, "extendMany");
  const receiptAt = (index: number): string => receipts[index] ?? "";
  const { runs, strange } = runsOf(space, receipts.keys(), receiptAt, () => NO_WAY);
  const fenced = await sendParts(cutRuns(runs), `${NAME}.extendMany`, call, async (part) => {
    const args = part.flatMap(({ page, from, to, serial }) => [page, from, to, serial]);
    return refusedIn(part, await run(space, extendScript, [Math.ceil(leaseMs), ...args], call));
  });
  return failuresOf(fencedOf(strange, fenced), "extendMany", receiptAt);
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

function wholeOf(given: GivenPage, index: number): Run {
  return { page: given.page, from: 1, to: given.receipts.length, serial: 1, way: ACK, index, given };
}

function runOf({ page, place, serial }: Receipt, way: readonly string[], index: number): Run {
  return { page, from: place, to: place, serial, way, index };
}

/** One of each kind of object that lasts as long as a call: see `store/kept-shapes.ts`. */
export function shapesOfSettlements(): readonly unknown[] {
  const [first = ""] = firstReceipts("s", "1:1", 1);
  const receipt = new ReceiptReader("s").read(first);
  if (receipt === undefined) return [];
  return [receipt, runOf(receipt, ACK, 0), wholeOf(givenPage("1:1", "s", [first], "l"), 0), new Map([["", []]])];
}

function cutRuns(runs: readonly Run[]): readonly (readonly Run[])[] {
  return cut(runs, ({ way }) => RUN_LENGTH + (way[3]?.length ?? 0), MOST_WORK, workOf);
}

/** None is longer than a script takes. */
function piecesOf(run: Run): readonly Run[] {
  if (run.given === undefined) return [run];
  const { page, to: size, serial, way, index } = run;
  const pieces: Run[] = [];
  for (let from = 1; from <= size; from += MOST_ACKED) {
    const to = Math.min(from + MOST_ACKED - 1, size);
    pieces.push({ page, from, to, serial, way, index: index + from - 1 });
  }
  return pieces;
}

interface Runs {
  readonly runs: readonly Run[];
  /** Of receipts that can't be read. */
  readonly strange: readonly number[];
}

/** @param indexes in order. */
function runsOf(
  { receipts }: Space,
  indexes: Iterable<number>,
  receiptAt: (index: number) => string,
  wayAt: (index: number) => readonly string[],
): Runs {
  const runs: Run[] = [];
  const strange: number[] = [];
  let last: Run | undefined;
  for (const index of indexes) {
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
      last.index + place - last.from === index &&
      place - last.from < mostOf(last)
    ) {
      last.to = place;
    } else {
      last = runOf(receipt, way, index);
      runs.push(last);
    }
  }
  return { runs, strange };
}

/** Where in the batch those stand that a script has refused: in twos, which entry, and the place in its page. */
function refusedIn(part: readonly Run[], reply: unknown): readonly number[] {
  const refused = listIn(reply);
  const indexes: number[] = [];
  for (let at = 0; at < refused.length; at += 2) {
    const one = part[numberIn(refused[at]) - 1];
    if (one !== undefined) indexes.push(one.index + numberIn(refused[at + 1]) - one.from);
  }
  return indexes;
}

function fencedOf(...indexes: readonly (readonly number[])[]): ReadonlyMap<number, FailureCode> {
  return new Map(indexes.flat().map((index) => [index, "FENCED"]));
}
