import { type CorpusGroup, group, matches, refused } from "./group.ts";

/** `$identity`, which any store can be asked. */
export const identities: CorpusGroup = group(
  "identity",
  {
    "sensor-1": { n: 1 },
    "sensor-10": { n: 10 },
    "sensor-2": { n: 2 },
    Sensor: {},
    "gate*": { n: 0 },
    "\u{1f600}": {},
    "\ufb01": {},
    "*": {},
  },
  {
    eq: matches({ $identity: "sensor-1" }, ["sensor-1"]),
    "eq a star": matches({ $identity: { $eq: "*" } }, ["*"]),
    in: matches({ $identity: { $in: ["sensor-2", "nobody", "gate*"] } }, ["sensor-2", "gate*"]),
    "in nothing": matches({ "$identity.in": [] }, []),
    startswith: matches({ "$identity.startswith": "sensor-1" }, ["sensor-1", "sensor-10"]),
    "startswith nothing": matches({ $identity: { $startswith: "" } }, [
      "sensor-1",
      "sensor-10",
      "sensor-2",
      "Sensor",
      "gate*",
      "\u{1f600}",
      "\ufb01",
      "*",
    ]),
    range: matches({ $identity: { $gte: "sensor-1", $lt: "sensor-2" } }, ["sensor-1", "sensor-10"]),
    "code point order": matches({ "$identity.gt": "\ufb01" }, ["\u{1f600}"]),
    lte: matches({ "$identity.lte": "Sensor" }, ["Sensor", "*"]),
    "with a field": matches({ "$identity.startswith": "sensor", "n.gt": 1 }, ["sensor-10", "sensor-2"]),
    not: matches({ $not: { "$identity.startswith": "sensor" } }, ["Sensor", "gate*", "\u{1f600}", "\ufb01", "*"]),
    "not on it": matches({ $identity: { $not: { $gt: "A" } } }, ["*"]),
    "bare star": refused({ $identity: "*" }, "everyone has one: no back door to everyone"),
    ne: refused({ $identity: { $ne: "sensor-1" } }),
    nin: refused({ "$identity.nin": ["sensor-1"] }),
    endswith: refused({ "$identity.endswith": "1" }),
    contains: refused({ "$identity.contains": "1" }),
    regex: refused({ $identity: { $regex: "1$" } }),
    exists: refused({ "$identity.exists": true }),
    number: refused({ $identity: 5 }),
    "in of numbers": refused({ $identity: { $in: [5] } }),
    "order of numbers": refused({ "$identity.lt": 5 }),
    "member of it": refused({ "$identity.name": "x" }),
    object: refused({ $identity: { name: "x" } }),
    null: refused({ $identity: null }),
  },
);

const stated: CorpusGroup = group(
  "facts",
  { first: { a: 1 }, second: {}, third: { a: 1 } },
  {
    attached: matches({ $attached: true }, ["first", "third"]),
    "not attached": matches({ $attached: false }, ["second"]),
    "attached eq": matches({ "$attached.eq": true, a: 1 }, ["first", "third"]),
    "registered since": matches({ $registeredAt: { $gte: 1_704_067_200_000 } }, ["second", "third"]),
    "registered before, RFC 3339": matches({ "$registeredAt.lt": "2024-01-01T01:00:00+01:00" }, ["first"]),
    "registered between": matches({ $registeredAt: { $gt: 0, $lte: "2024-01-01T00:00:00Z" } }, ["first", "second"]),
    "registered before half a millisecond": matches({ "$registeredAt.lt": 1_704_067_200_000.5 }, ["first", "second"]),
    "either fact": matches({ $or: [{ $attached: false }, { "$registeredAt.lt": 1_704_067_200_000 }] }, [
      "first",
      "second",
    ]),
    "attached as text": refused({ $attached: "true" }),
    "attached star": refused({ $attached: "*" }),
    "attached ne": refused({ $attached: { $ne: true } }),
    "attached in": refused({ $attached: { $in: [true] } }),
    "registered at": refused({ $registeredAt: 1_704_067_200_000 }, "only orders"),
    "registered in": refused({ "$registeredAt.in": [0] }),
    "registered, date alone": refused({ "$registeredAt.lt": "2024-01-01" }),
    "registered, boolean": refused({ "$registeredAt.lt": true }),
    "registered, NaN": refused({ "$registeredAt.lt": Number.NaN }),
  },
);

const FACTS = [
  { attached: true, registeredAt: 1_704_067_199_999 },
  { attached: false, registeredAt: 1_704_067_200_000 },
  { attached: true, registeredAt: 1_704_067_200_001 },
];

/** `$attached` and `$registeredAt`, of documents that state them. */
export const facts: CorpusGroup = {
  ...stated,
  documents: stated.documents.map((document, index) => ({ ...document, ...FACTS[index] })),
  evaluatorOnly: true,
};
