import { homedir } from "node:os";
import { join } from "node:path";
import { natsRecipe } from "./nats.ts";
import type { Recipe } from "./recipe.ts";

const VERSION = "v2.15.3";

/** Where programs lie that were built here, apart from those of the system. */
function cacheFolder(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "muster", `nats-server-${VERSION}`);
}

/** A NATS server of today, beside the one of the distribution: built from its Go module, where there is Go. */
export const natsCurrentRecipe: Recipe = {
  ...natsRecipe,
  debianPackage: undefined,
  imageVariable: "MUSTER_NATS_CURRENT_IMAGE",
  image: "nats:2.15-alpine",
  urlVariable: "MUSTER_NATS_CURRENT_URL",
  folders: () => [cacheFolder()],
  goModule: { path: `github.com/nats-io/nats-server/v2@${VERSION}`, folder: cacheFolder },
};
