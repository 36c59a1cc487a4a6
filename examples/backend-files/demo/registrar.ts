// Registers a sensor in the folder it is given, and keeps it alive until it is stopped.
import { openRegistry } from "@muster/core";
import { fileRegistry } from "../src/index.ts";

const folder = process.argv[2] ?? ".";
const fleet = await openRegistry({ namespace: "demo", registry: fileRegistry({ folder }) });
await fleet.register("hall", { battery: 0.9 }, { ttlMs: 1_000 });
console.log("registered hall, for as long as this process lives and 1 s more");
setInterval(() => {}, 1_000); // A fleet alone keeps no process running.
