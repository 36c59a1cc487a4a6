/** All operations, by name. */

import { QUEUE_OPERATIONS } from "../queues/operations.ts";
import { REGISTRY_OPERATIONS } from "../registrations/operations.ts";
import { isMigrated, migrate } from "./migrate.ts";
import { type Operation, reading, writing } from "./operation.ts";

interface StoreOperations {
  readonly isMigrated: Operation<undefined, boolean>;
  readonly migrate: Operation<undefined, void>;
}

const STORE_OPERATIONS: StoreOperations = { isMigrated: reading(isMigrated), migrate: writing(migrate) };

export type Operations = StoreOperations & typeof REGISTRY_OPERATIONS & typeof QUEUE_OPERATIONS;

export const OPERATIONS: Operations = { ...STORE_OPERATIONS, ...REGISTRY_OPERATIONS, ...QUEUE_OPERATIONS };
