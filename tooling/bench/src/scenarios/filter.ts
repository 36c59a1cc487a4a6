/** How fast a compiled filter decides, against a hand-written predicate, mingo and sift. */

import { compileFilter, parseFilter } from "@muster/filter";
import { Query } from "mingo";
import sift from "sift";
import { type Sensor, sensors } from "../documents.ts";
import { handWritten, MONGO_SELECTION, type Predicate, SELECTION } from "../predicates.ts";
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
  const played = await playRounds(
    [
      contender("compileFilter", documents, compileFilter(parseFilter(SELECTION))),
      contender("hand-written", documents, handWritten),
      contender("mingo", documents, (metadata) => query.test(metadata)),
      contender("sift", documents, sift.default(MONGO_SELECTION)),
    ],
    { rounds, size },
  );
  return {
    rows: [
      rowOf("speed of compileFilter / hand-written", "×", played.speedup("compileFilter", "hand-written"), { atLeast: 0.6 }),
      rowOf("speed of compileFilter / better of mingo and sift", "×", played.speedup("compileFilter", "mingo", "sift"), { atLeast: 6 }),
      rowOf("speed of hand-written / better of mingo and sift", "×", played.speedup("hand-written", "mingo", "sift")),
    ],
    timings: played.timings,
  };
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
