/** Module hooks under which `@muster/*` means the compiled packages: in the repository their exports point at sources. */

import type { ResolveHook } from "node:module";
import { compiledUrl } from "./published.ts";

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const resolved = await nextResolve(specifier, context);
  if (!specifier.startsWith("@muster/")) return resolved;
  return { ...resolved, format: "module", url: compiledUrl(resolved.url) };
};
