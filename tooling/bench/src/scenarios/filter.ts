/** How fast a compiled filter decides, against a hand-written predicate, mingo and sift. */

import { compileFilter, parseFilter } from "@muster/filter";
import { Query } from "mingo";
import sift from "sift";
import { type Sensor, sensors } from "../documents.ts";
import { handWritten, MONGO_SELECTION, OTHER_SELECTIONS, type Predicate, SELECTION } from "../predicates.ts";
import { type Contender, playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";

export const filterScenario: Scenario = {
  name: "filter",
  about: "a compiled filter over documents, against a hand-written predicate, mingo and sift",
  defaultSize: 100_000,
  run,
};

async function run({ size, rounds }: Settings): Promise<Outcome> {
  const documents = sensors(size);
  const query = new Query(MONGO_SELECTION);
  const contenders = [
    contender("compileFilter", documents, compileFilter(parseFilter(SELECTION))),
    contender("hand-written", documents, handWritten),
    contender("mingo", documents, (metadata) => query.test(metadata)),
    contender("sift", documents, sift.default(MONGO_SELECTION)),
  ];
  const fresh = await playRounds(contenders, { rounds, size });
  askOtherwise(documents);
  const later = await playRounds(contenders.slice(0, 2), { rounds, size });
  const mongo = ["mingo", "sift"];
  return {
    rows: [
      rowOf("speed of compileFilter / hand-written", "×", fresh.speedup("compileFilter", "hand-written"), {
        atLeast: 0.6,
      }),
      rowOf("… after many other filters", "×", later.speedup("compileFilter", "hand-written")),
      rowOf("speed of compileFilter / better of mingo and sift", "×", fresh.speedup("compileFilter", ...mongo), {
        atLeast: 6,
      }),
      rowOf("speed of hand-written / better of mingo and sift", "×", fresh.speedup("hand-written", ...mongo)),
    ],
    timings: fresh.timings,
  };
}

/** Compiled filters share code, and the optimizer's view of it widens with every filter a process has seen. */
function askOtherwise(documents: readonly Sensor[]): void {
  const tests = OTHER_SELECTIONS.map((selection) => compileFilter(parseFilter(selection)));
  for (let pass = 0; pass < 10; pass++) for (const test of tests) matchesOf(documents.slice(0, 1_000), test);
}

function contender(name: string, documents: readonly Sensor[], predicate: Predicate): Contender {
  return { name, run: () => matchesOf(documents, predicate) };
}

/** How many match, and a checksum of which. */
function matchesOf(documents: readonly Sensor[], predicate: Predicate): string {
  let count = 0;
  let checksum = 0;
  for (let index = 0; index < documents.length; index++) {
    const document = documents[index];
    if (document === undefined || !predicate(document)) continue;
    count++;
    checksum = (Math.imul(checksum, 31) + index) | 0;
  }
  return `${count} matches (checksum ${checksum})`;
}
