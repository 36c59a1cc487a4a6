import { type CorpusGroup, group, matches, refused } from "./group.ts";

const METRES_PER_DEGREE = (6_371_008.8 * Math.PI) / 180;

/** near and within: on a sphere of 6,371,008.8 m, edges included. */
export const geo: CorpusGroup = group(
  "geo",
  {
    origin: { loc: { lat: 0, lon: 0 } },
    "one degree north": { loc: { lat: 1, lon: 0 } },
    berlin: { loc: { lat: 52.52, lon: 13.405, building: "A" } },
    potsdam: { loc: { lat: 52.3906, lon: 13.0645 } },
    fiji: { loc: { lat: -18, lon: 179.9 } },
    taveuni: { loc: { lat: -17, lon: -179.9 } },
    "north pole": { loc: { lat: 90, lon: 45 } },
    "near the pole": { loc: { lat: 89.9, lon: -135 } },
    "lat out of range": { loc: { lat: 90.1, lon: 0 } },
    "lon out of range": { loc: { lat: 0, lon: 180.1 } },
    "lat as text": { loc: { lat: "0", lon: 0 } },
    "no lon": { loc: { lat: 0 } },
    list: { loc: [0, 0] },
    null: { loc: null },
    absent: {},
  },
  {
    near: matches(
      { "loc.near": { lat: 52.5, lon: 13.4, radiusM: 40_000 } },
      ["berlin", "potsdam"],
      "further members of the field are fine",
    ),
    "near, smaller": matches({ loc: { $near: { lat: 52.5, lon: 13.4, radiusM: 5_000 } } }, ["berlin"]),
    "near, radius 0": matches({ "loc.near": { lat: 52.52, lon: 13.405, radiusM: 0 } }, ["berlin"], "inclusive"),
    "one degree, just reached": matches({ "loc.near": { lat: 0, lon: 0, radiusM: METRES_PER_DEGREE + 0.001 } }, [
      "origin",
      "one degree north",
    ]),
    "one degree, just missed": matches(
      { "loc.near": { lat: 0, lon: 0, radiusM: METRES_PER_DEGREE - 0.001 } },
      ["origin"],
      "a spheroid would put it 600 m nearer",
    ),
    "across the antimeridian": matches({ "loc.near": { lat: -17.5, lon: 180, radiusM: 100_000 } }, ["fiji", "taveuni"]),
    "across the pole": matches({ "loc.near": { lat: 89.9, lon: 45, radiusM: 25_000 } }, [
      "north pole",
      "near the pole",
    ]),
    "the whole globe": matches(
      { "loc.near": { lat: 0, lon: 0, radiusM: 20_100_000 } },
      ["origin", "one degree north", "berlin", "potsdam", "fiji", "taveuni", "north pole", "near the pole"],
      "values that are no points never match",
    ),
    within: matches({ "loc.within": { south: 52, west: 13, north: 53, east: 14 } }, ["berlin", "potsdam"]),
    "within, on its edges": matches({ loc: { $within: { south: 0, west: 0, north: 1, east: 0 } } }, [
      "origin",
      "one degree north",
    ]),
    "within, across the antimeridian": matches({ "loc.within": { south: -20, west: 179, north: -10, east: -179 } }, [
      "fiji",
      "taveuni",
    ]),
    "within, everywhere": matches({ "loc.within": { south: -90, west: -180, north: 90, east: 180 } }, [
      "origin",
      "one degree north",
      "berlin",
      "potsdam",
      "fiji",
      "taveuni",
      "north pole",
      "near the pole",
    ]),
    "member of a point": matches({ "loc.building": "A" }, ["berlin"]),
    "within a member": matches({ "loc.lat.near": { lat: 0, lon: 0, radiusM: 1 } }, []),
    "not near": matches({ $not: { "loc.near": { lat: 0, lon: 0, radiusM: 20_100_000 } } }, [
      "lat out of range",
      "lon out of range",
      "lat as text",
      "no lon",
      "list",
      "null",
      "absent",
    ]),
    "near without a radius": refused({ "loc.near": { lat: 0, lon: 0 } }),
    "near with more": refused({ "loc.near": { lat: 0, lon: 0, radiusM: 1, unit: "km" } }),
    "near, negative radius": refused({ "loc.near": { lat: 0, lon: 0, radiusM: -1 } }),
    "near, lat out of range": refused({ "loc.near": { lat: 91, lon: 0, radiusM: 1 } }),
    "near, lon as text": refused({ "loc.near": { lat: 0, lon: "0", radiusM: 1 } }),
    "near, infinite": refused({ "loc.near": { lat: 0, lon: 0, radiusM: Number.POSITIVE_INFINITY } }),
    "near of an array": refused({ "loc.near": [0, 0, 1] }),
    "within, south above north": refused({ "loc.within": { south: 1, west: 0, north: 0, east: 1 } }),
    "within, east out of range": refused({ "loc.within": { south: 0, west: 0, north: 1, east: 181 } }),
    "within without east": refused({ "loc.within": { south: 0, west: 0, north: 1 } }),
  },
);
