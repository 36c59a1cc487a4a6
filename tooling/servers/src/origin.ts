import { MissingServerError } from "./missing-server-error.ts";
import { nativeBinary } from "./native.ts";
import { recipes } from "./recipes.ts";
import type { ServerKind } from "./server.ts";

/** Where a server of this kind will come from. */
export type Source =
  | { readonly origin: "url"; readonly url: string }
  | { readonly origin: "native"; readonly binary: string };

const wishes = ["none", "url", "native", "container"] as const;

function wish(): (typeof wishes)[number] | undefined {
  const text = process.env["MUSTER_SERVERS"] ?? "";
  const known = wishes.find((name) => name === text);
  if (known === undefined && text !== "") throw new Error(`MUSTER_SERVERS is "${text}", not ${wishes.join(", ")}`);
  return known;
}

/**
 * Reads `MUSTER_SERVERS`; without it a URL from the environment comes first, then an installed program.
 *
 * @throws MissingServerError when it is not to be had from there.
 */
export function sourceOf(kind: ServerKind, urlVariable: string = recipes[kind].urlVariable): Source {
  const { debianPackage, binary, scheme } = recipes[kind];
  const wanted = wish();
  if (wanted === "none") throw new MissingServerError(kind, "MUSTER_SERVERS=none", "unset MUSTER_SERVERS");
  const url = process.env[urlVariable];
  if (url !== undefined && url !== "" && wanted !== "native" && wanted !== "container") return { origin: "url", url };
  if (wanted === "url") {
    throw new MissingServerError(kind, `${urlVariable} is not set`, `export ${urlVariable}=${scheme}//127.0.0.1`);
  }
  const path = nativeBinary(kind);
  if (path !== undefined && wanted !== "container") return { origin: "native", binary: path };
  throw new MissingServerError(kind, `${binary} is not installed`, `apt-get install ${debianPackage}`);
}
