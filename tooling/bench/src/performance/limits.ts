/** Why something that must hold doesn't, and what design would reach it. */

import { boundOf, figures } from "../table.ts";
import type { Finding } from "./findings.ts";
import { argumentsOf, type Play } from "./promised.ts";

interface Limit {
  readonly scenario: string;
  /** Absent: of every size. */
  readonly size?: number;
  readonly why: string;
}

const LIMITS: readonly Limit[] = [
  {
    scenario: "nats-identity",
    why: "The baseline's messages say nothing of whom they are for. Muster's have six headers, so that whoever listens there without Muster can read them and a receiver can tell one life of an identity from the next; the bare driver takes more than twice as long as Muster to send as much. The sender takes less than the bare driver without headers; what takes longer is the server, 21 ms of its processor for 10,000 instead of 15, and each of two receivers, 7 ms instead of 5, on two cores that all of them share. Half as many bytes of headers were tried and save less than a thirtieth. Node addresses, which are the default, have one message for a thousand.",
  },
  {
    scenario: "redis-pubsub",
    why: "The baseline's script has one payload for a thousand channels; a message that says whom it is for, and under which epoch, is another for each, and against a script of those Muster is as fast (the row below). Composed in the script they take longer still. With the epoch in the name of the channel all could have one message, but then nobody could listen to an address without Muster. Node addresses have one message for a thousand.",
  },
  {
    scenario: "rabbitmq",
    why: "To the bare driver's consumers the floor is held: what is missing are the headers, which the driver decodes as a table for each message, in receivers that share two cores with the broker and the sender. Reading them past the driver, as over NATS and Kafka, would reach it.",
  },
  {
    scenario: "redis-register",
    why: "A SET is one command. A register is a script of eight, for its record, its stamps, the order of pages, its session and the log of changes: about 20 µs of the server's processor instead of 10, and 50 of the process instead of 40, with 25 more in core for the handle. What that comes to swings with how soon the machine wakes a process that waits, from 0.4 to 1.2 in single rounds. A namespace without pages in order and without a log would reach it; registers that come at once share a script, and are in the row below.",
  },
  {
    scenario: "redis-page",
    why: "By hand it is two commands that read nothing but records. Muster's page is one script, which reads stamps as well, for who has expired must not be in it, and answers with what has changed since; what is left is a fixed price for each call, in the script and in the process. The page does not grow with the registry (the next row). A page whose expired are left to the reaper would reach it, and would show the dead.",
  },
  {
    scenario: "postgres-page",
    why: "By hand it is a statement that was prepared by name. Muster's is planned in each call, which takes about as long as it then runs, since nothing is prepared by name: a pooler that gives a connection for each transaction may stand in between. Prepared statements would reach it, where no such pooler is.",
  },
  {
    scenario: "mixed",
    why: "Half of the multicasts to ten thousand take a quarter of that; the slowest hundredth are those that begin while other requests hold both cores. No floor is missed.",
  },
];

export const UNEXPLAINED = "Why has not been found out yet.";

/** An item for each play of which something misses its floor, or a goal that has none: by how much, and why. */
export function missesOf(findings: readonly Finding[]): readonly string[] {
  const missed = findings.filter(({ met, floorMet = false }) => met === false && !floorMet);
  const plays = new Set(missed.map(({ promised }) => argumentsOf(promised)));
  return [...plays].map((play) => {
    const its = missed.filter(({ promised }) => argumentsOf(promised) === play);
    const shortfalls = its.map(shortfallOf).join(", ");
    return `- \`${play}\`: ${shortfalls}. ${whyOf(its[0]?.promised)}`;
  });
}

/** `0.61 × (≥ 0.75 ×, 19 % short)` */
function shortfallOf({ promised: { goal, unit }, row: { median } }: Finding): string {
  if (goal === undefined) return "";
  const isLower = "atLeast" in goal;
  const bound = goal.floor ?? (isLower ? goal.atLeast : goal.atMost);
  const share = isLower ? 1 - median / bound : median / bound - 1;
  const must = boundOf(isLower ? { atLeast: bound } : { atMost: bound });
  const off = bound === 0 ? "" : `, ${Math.round(100 * share)} % ${isLower ? "short" : "over"}`;
  return `${figures(median)} ${unit}`.trimEnd() + ` (${`${must} ${unit}`.trimEnd()}${off})`;
}

function whyOf(play: Play | undefined): string {
  const limit = LIMITS.find(({ scenario, size }) => scenario === play?.scenario && (size ?? play.size) === play.size);
  return limit?.why ?? UNEXPLAINED;
}
