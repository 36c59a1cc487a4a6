/** All operations, by name. */

import { QUEUE_OPERATIONS } from "../queues/operations.ts";
import { REGISTRY_OPERATIONS } from "../registrations/operations.ts";
import { migrate } from "./migrate.ts";
import { type Operation, writing } from "./operation.ts";

interface StoreOperations {
  readonly migrate: Operation<undefined, void>;
}

const STORE_OPERATIONS: StoreOperations = { migrate: writing(migrate) };

export type Operations = StoreOperations & typeof REGISTRY_OPERATIONS & typeof QUEUE_OPERATIONS;

export const OPERATIONS: Operations = { ...STORE_OPERATIONS, ...REGISTRY_OPERATIONS, ...QUEUE_OPERATIONS };
