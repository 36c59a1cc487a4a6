/** Where another process begins. */

import { PARTS } from "./parts.ts";

const [, , part = "", args = "{}"] = process.argv;
process.on("disconnect", () => process.exit());
await PARTS[part]?.(JSON.parse(args) as never); // As whoever starts it gives them to that part.
