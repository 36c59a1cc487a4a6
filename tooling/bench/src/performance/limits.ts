/** Why something that must hold doesn't, and what design would reach it. */

import { boundOf, figures } from "../table.ts";
import type { Finding } from "./findings.ts";
import { argumentsOf } from "./promised.ts";

/** By scenario. */
const LIMITS: ReadonlyMap<string, string> = new Map([
  [
    "nats-identity",
    "The baseline's messages say nothing of whom they are for. Muster's have six headers, so that whoever listens there without Muster can read them and a receiver can tell one life of an identity from the next; the bare driver takes more than twice as long as Muster to send as much. The sender takes less than the bare driver without headers; what takes longer is the server, 19 ms of its processor for 10,000 instead of 14, and each of two receivers, 6.5 ms instead of 4, on two cores that all of them share. Half as many bytes of headers were tried and save less than a thirtieth. To the bare driver's own subscribers the floor is held (the third row). Node addresses, which are the default, have one message for a thousand.",
  ],
  [
    "acknowledged",
    "A recipient costs the same among ten thousand as among a hundred thousand, 0.8 and 0.9 µs, while the bare driver takes 1.5 µs and 2.3: so the goal is held with a hundred thousand, and with ten the ratio swings around the floor, from 1.7 to 2.3 in runs of one hour. What would make it cheaper has not been found.",
  ],
  [
    "identity-growth",
    "The bare driver's own cost of a message grows more than this, 3.5 × from 10,000 subjects to a million (`nats-identity`, raw with wildcards): the server looks each of them up in tables that are in no cache any more, and so do the receivers. Node addresses, of which there are as many as processes, grow by 1.05 ×.",
  ],
  [
    "nats-memory",
    "A process that asks for everyone for the second time begins to keep where everyone is, some 80 bytes for each of a million, and goes through twice that while it does: the second round has taken the most, those behind it 33 to 77 MB. A sender that keeps nobody (`maxMirroredRoutes: 0`) has the row behind it, and takes a fifth longer. A mirror that is made of the pages as they come, without a second copy, would save part of it.",
  ],
  [
    "redis-pubsub",
    "The baseline's script has one payload for a thousand channels; a message that says whom it is for, and under which epoch, is another for each, and against a script of those Muster is as fast (the row behind it); to the bare driver's own subscribers the goal is held. Composed in the script they take longer still. With the epoch in the name of the channel all could have one message, but then nobody could listen to an address without Muster. Node addresses have one message for a thousand.",
  ],
  [
    "rabbitmq",
    "To the bare driver's consumers the floor is held: what is missing are the headers, which the driver decodes as a table for each message, in receivers that share two cores with the broker and the sender. Reading them past the driver, as over NATS and Kafka, would reach it.",
  ],
  [
    "redis-register",
    "A SET is one command. A register is a script of eight, for its record, its stamps, the order of pages, its session and the log of changes: about 20 µs of the server's processor instead of 10, and 50 of the process instead of 40, with 25 more in core for the handle. What that comes to swings with how soon the machine wakes a process that waits, from 0.2 to 1.6 in single rounds; and each round begins behind a full collection, after which V8 compiles anew what handles a register, and less of what handles a SET. A namespace without pages in order and without a log would reach it; registers that come at once share a script, and have a row of their own.",
  ],
  [
    "redis-page",
    "By hand it is two commands that read nothing but records. Muster's page is one script, which reads stamps as well, for who has expired must not be in it, and answers with what has changed since; what is left is a fixed price for each call, in the script and in the process. The page does not grow with the registry (the next row). A page whose expired are left to the reaper would reach it, and would show the dead.",
  ],
  [
    "postgres-page",
    "By hand it is a statement that was prepared by name. Muster's is planned in each call, since nothing is prepared by name: a pooler that gives a connection for each transaction may stand in between. Against the same by hand without preparing it has a row of its own; what is left is a fixed price for each call, for a condition that means what it means in every other store whatever is in the metadata, and for the work in the process. Prepared statements would save the planning, where no such pooler is.",
  ],
  [
    "mixed",
    "Half of the multicasts to ten thousand take a quarter of that; the slowest hundredth are those that begin while other requests hold both cores. No floor is missed.",
  ],
]);

export const UNEXPLAINED = "Why has not been found out yet.";

/** An item for each scenario of which something misses its floor, or a goal that has none: by how much, and why. */
export function missesOf(findings: readonly Finding[]): readonly string[] {
  const missed = findings.filter(({ met, floorMet = false }) => met === false && !floorMet);
  const scenarios = new Set(missed.map(({ promised }) => promised.scenario));
  return [...scenarios].map((scenario) => {
    const its = missed.filter(({ promised }) => promised.scenario === scenario);
    const plays = new Set(its.map(({ promised }) => argumentsOf(promised)));
    const shortfalls = [...plays].map((play) => {
      const ofPlay = its.filter(({ promised }) => argumentsOf(promised) === play);
      return `\`${play}\`: ${ofPlay.map(shortfallOf).join(", ")}`;
    });
    return `- ${shortfalls.join("; ")}. ${LIMITS.get(scenario) ?? UNEXPLAINED}`;
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
