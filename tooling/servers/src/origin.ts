import { MissingServerError } from "./missing-server-error.ts";
import { nativeBinary } from "./native.ts";
import { isOptional } from "./recipe.ts";
import { recipes } from "./recipes.ts";
import type { ServerKind } from "./server.ts";

/** Where a server of this kind will come from. */
export type Source =
  | { readonly origin: "url"; readonly url: string }
  | { readonly origin: "native"; readonly binary: string }
  | { readonly origin: "container" };

// Loaded when it is needed: testcontainers takes longer to load than a server to start.
async function isEngineReachable(): Promise<boolean> {
  const { getContainerRuntimeClient } = await import("testcontainers");
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
}

const wishes = ["none", "url", "native", "container"] as const;

function wish(): (typeof wishes)[number] | undefined {
  const text = process.env["MUSTER_SERVERS"] ?? "";
  const known = wishes.find((name) => name === text);
  if (known === undefined && text !== "") throw new Error(`MUSTER_SERVERS is "${text}", not ${wishes.join(", ")}`);
  return known;
}

/**
 * Reads `MUSTER_SERVERS`; without it a URL from the environment comes first, then an installed program,
 * then a container.
 *
 * @throws MissingServerError when it is not to be had from there.
 */
export async function sourceOf(kind: ServerKind, urlVariable: string = recipes[kind].urlVariable): Promise<Source> {
  const recipe = recipes[kind];
  const { debianPackage, build, binary, scheme, imageVariable } = recipe;
  const wanted = wish();
  if (wanted === "none") throw new MissingServerError(kind, "MUSTER_SERVERS=none", "unset MUSTER_SERVERS");
  const url = process.env[urlVariable];
  if (url !== undefined && url !== "" && wanted !== "native" && wanted !== "container") return { origin: "url", url };
  if (wanted === "url") {
    throw new MissingServerError(kind, `${urlVariable} is not set`, `export ${urlVariable}=${scheme}//127.0.0.1`);
  }
  const path = nativeBinary(kind);
  if (path !== undefined && wanted !== "container") return { origin: "native", binary: path };
  // Of what nobody has to have no image is pulled unasked.
  const hasImage = !isOptional(recipe) || (process.env[imageVariable] ?? "") !== "";
  if (wanted !== "native" && hasImage && (await isEngineReachable())) return { origin: "container" };
  if (wanted === "container" && hasImage) {
    throw new MissingServerError(kind, "no container engine is reachable", "pnpm test:containers");
  }
  const command = build?.command() ?? `apt-get install ${debianPackage}`;
  throw new MissingServerError(
    kind,
    `${binary} is not installed`,
    command,
    wanted === "container" ? {} : { debianPackage, build },
  );
}
