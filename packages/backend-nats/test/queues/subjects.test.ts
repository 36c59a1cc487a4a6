import { assert, test } from "vitest";
import { QueueSubjects, Subjects } from "../../src/keys.ts";

const subjects = new QueueSubjects("muster", "iot");

test("subjects are below those of a namespace, and no address has one of them", () => {
  assert.equal(subjects.entry(subjects.placeOf("s 1"), "a.b", "*"), "muster.iot.~.q.s-s_201.a_2eb._2a");
  assert.equal(new Subjects("muster", "iot").of("~"), "muster.iot._7e");
});

test("names of streams hold nothing that a stream's name must not hold, and tell prefixes and namespaces apart", () => {
  const names = [
    ["muster", "iot"],
    ["muster.iot", "a"],
    ["muster", "iot.a"],
    ["muster", "iot-a"],
    ["muster-iot", "a"],
  ].map(([prefix = "", namespace = ""]) => new QueueSubjects(prefix, namespace).queue);
  for (const name of names) assert.match(name, /^[^\s.*>/\\]+$/);
  assert.equal(new Set(names).size, names.length);
});

test("the longest names stay below the longest line of a server", () => {
  const long = "\u{1f600}".repeat(64);
  const subject = subjects.entry(subjects.placeOf(long.repeat(4)), long, "\u{1f600}".repeat(32));
  assert.isBelow(subject.length, 1_024);
});
