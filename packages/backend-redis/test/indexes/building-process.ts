/** A process to be killed: `building-process.ts <Redis URL> <namespace>` opens it with an index that must be built. */

import { redisRegistry } from "../../src/index.ts";
import { schemaOf } from "./support.ts";

const [url, namespace] = process.argv.slice(2);
if (url !== undefined && namespace !== undefined && process.send !== undefined) {
  const { signal } = new AbortController();
  const registry = redisRegistry({ url });
  await registry.open({ namespace, schema: schemaOf({ kind: "string" }) }, { signal });
  process.send("open");
  process.once("disconnect", () => process.exit());
}
