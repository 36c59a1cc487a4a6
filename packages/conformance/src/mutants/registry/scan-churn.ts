import type { Route } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { registryMutant, translated } from "./support.ts";

export const churnMutants: readonly Mutant[] = [
  registryMutant(
    {
      id: "scanned-without-metadata",
      breaks: "The registrations on the pages of a scan have empty metadata.",
      kills: ["registry/scan/whole-registrations"],
    },
    (real) => ({
      async *scan(query, call) {
        for await (const page of real.scan(query, call)) yield page.map((one) => ({ ...one, metadata: {} }));
      },
    }),
  ),
  registryMutant(
    {
      id: "scanned-as-first-stored",
      breaks: "Scans say the revision with which a registration began.",
      kills: ["registry/scan/whole-registrations", "registry/routes/as-their-registrations-say"],
    },
    (real) => {
      const { scan, scanRoutes } = translated(real, { back: (route) => ({ ...route, revision: 1 }) });
      return { ...(scan && { scan }), ...(scanRoutes && { scanRoutes }) };
    },
  ),
  ...(["session", "address", "expiresAt", "ttlMs"] as const).map((field) =>
    registryMutant(
      {
        id: `routes-without-${field.toLowerCase()}`,
        breaks: `A route doesn't say \`${field}\`.`,
        kills: ["registry/routes/as-their-registrations-say"],
      },
      (real) => {
        const { scanRoutes } = translated(real, {
          back: <R extends Route>(route: R): R => ({ ...route, [field]: undefined }),
        });
        return scanRoutes ? { scanRoutes } : {};
      },
    ),
  ),
];
