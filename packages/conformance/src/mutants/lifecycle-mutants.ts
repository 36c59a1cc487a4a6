import type { Mutant } from "../mutant.ts";
import { clientMutants } from "./lifecycle/clients.ts";
import { freezeMutants } from "./lifecycle/freezes.ts";
import { outageMutants } from "./lifecycle/outages.ts";
import { restartMutants } from "./lifecycle/restarts.ts";
import { sweptMutants } from "./lifecycle/swept.ts";

/** Clients that are wrong about their own life, or about calls that end early. */
export const lifecycleMutants: readonly Mutant[] = [
  ...clientMutants,
  ...sweptMutants,
  ...outageMutants,
  ...freezeMutants,
  ...restartMutants,
];
