import type { RegistryCase } from "../case.ts";
import { attemptCases } from "./registry/attempts.ts";
import { batchCases } from "./registry/batches.ts";
import { censusCases } from "./registry/census.ts";
import { claimCases } from "./registry/claims.ts";
import { consistencyCases } from "./registry/consistency.ts";
import { createCases } from "./registry/create.ts";
import { deleteCases } from "./registry/deletes.ts";
import { epochCases } from "./registry/epochs.ts";
import { identityCases } from "./registry/identities.ts";
import { lateBindingCases } from "./registry/late-bindings.ts";
import { metadataCases } from "./registry/metadata.ts";
import { namespaceCases } from "./registry/namespaces.ts";
import { quotaCases } from "./registry/quota.ts";
import { raceCases } from "./registry/races.ts";
import { readCases } from "./registry/reads.ts";
import { repeatedScanCases } from "./registry/repeated-scans.ts";
import { reapingCases } from "./registry/reaping.ts";
import { renewalCases } from "./registry/renewals.ts";
import { replaceCases } from "./registry/replace.ts";
import { scanCases } from "./registry/scan.ts";
import { churnCases } from "./registry/scan-churn.ts";
import { sessionBoundCases } from "./registry/session-bound.ts";
import { sessionCases } from "./registry/sessions.ts";
import { signalCases } from "./registry/signals.ts";
import { sortCases } from "./registry/sorts.ts";
import { stampCases } from "./registry/stamps.ts";
import { traitCases } from "./registry/traits.ts";
import { ttlCases } from "./registry/ttl.ts";
import { updateCases } from "./registry/update.ts";

/** Every case of the registry slot, topic by topic. */
export const registryCases: readonly RegistryCase[] = [
  ...traitCases,
  ...createCases,
  ...replaceCases,
  ...updateCases,
  ...sessionBoundCases,
  ...lateBindingCases,
  ...attemptCases,
  ...epochCases,
  ...deleteCases,
  ...ttlCases,
  ...renewalCases,
  ...stampCases,
  ...sessionCases,
  ...metadataCases,
  ...identityCases,
  ...namespaceCases,
  ...consistencyCases,
  ...scanCases,
  ...churnCases,
  ...repeatedScanCases,
  ...sortCases,
  ...readCases,
  ...batchCases,
  ...quotaCases,
  ...censusCases,
  ...reapingCases,
  ...claimCases,
  ...raceCases,
  ...signalCases,
];
