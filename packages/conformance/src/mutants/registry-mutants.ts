import type { Mutant } from "../mutant.ts";
import { attemptMutants } from "./registry/attempts.ts";
import { batchMutants } from "./registry/batches.ts";
import { censusMutants } from "./registry/census.ts";
import { claimMutants } from "./registry/claims.ts";
import { consistencyMutants } from "./registry/consistency.ts";
import { createMutants } from "./registry/create.ts";
import { deleteMutants } from "./registry/deletes.ts";
import { epochMutants } from "./registry/epochs.ts";
import { identityMutants } from "./registry/identities.ts";
import { metadataMutants } from "./registry/metadata.ts";
import { namespaceMutants } from "./registry/namespaces.ts";
import { quotaMutants } from "./registry/quota.ts";
import { raceMutants } from "./registry/races.ts";
import { readMutants } from "./registry/reads.ts";
import { repeatedScanMutants } from "./registry/repeated-scans.ts";
import { reapingMutants } from "./registry/reaping.ts";
import { renewalMutants } from "./registry/renewals.ts";
import { replaceMutants } from "./registry/replace.ts";
import { scanMutants } from "./registry/scan.ts";
import { churnMutants } from "./registry/scan-churn.ts";
import { sessionBoundMutants } from "./registry/session-bound.ts";
import { sessionMutants } from "./registry/sessions.ts";
import { signalMutants } from "./registry/signals.ts";
import { sortMutants } from "./registry/sorts.ts";
import { stampMutants } from "./registry/stamps.ts";
import { traitMutants } from "./registry/traits.ts";
import { ttlMutants } from "./registry/ttl.ts";
import { updateMutants } from "./registry/update.ts";

/** Every mutant of the registry slot, topic by topic. */
export const registryMutants: readonly Mutant[] = [
  ...traitMutants,
  ...createMutants,
  ...replaceMutants,
  ...updateMutants,
  ...sessionBoundMutants,
  ...attemptMutants,
  ...epochMutants,
  ...deleteMutants,
  ...ttlMutants,
  ...renewalMutants,
  ...stampMutants,
  ...sessionMutants,
  ...metadataMutants,
  ...identityMutants,
  ...namespaceMutants,
  ...consistencyMutants,
  ...scanMutants,
  ...churnMutants,
  ...repeatedScanMutants,
  ...readMutants,
  ...batchMutants,
  ...quotaMutants,
  ...censusMutants,
  ...reapingMutants,
  ...claimMutants,
  ...raceMutants,
  ...sortMutants,
  ...signalMutants,
];
