// Tells who is in the folder it is given, whenever that changes, until somebody was there and everyone has gone.
import { setTimeout as sleep } from "node:timers/promises";
import { openRegistry } from "@muster/core";
import { fileRegistry } from "../src/index.ts";

const folder = process.argv[2] ?? ".";
await using fleet = await openRegistry({ namespace: "demo", registry: fileRegistry({ folder }) });

let before = "";
while (true) {
  const { identities } = await fleet.enumerate(null);
  const now = identities.map(({ identity }) => identity).join(" and ") || "nobody";
  if (now !== before) console.log(`sees ${now}`);
  if (now === "nobody" && before !== "" && before !== "nobody") break;
  before = now;
  await sleep(100);
}
