import type { DurabilityBackend, MessagingBackend, OutboxBackend, RegistryBackend } from "@muster/core/slots";
import type { ConformanceCase, DurabilityCase, MessagingCase, OutboxCase, RegistryCase } from "../case.ts";
import { durabilityOperations } from "./lifecycle/durability-operations.ts";
import { freezeCases } from "./lifecycle/freezes.ts";
import { lifeCases } from "./lifecycle/life.ts";
import { messagingOperations, registryOperations, titleOf } from "./lifecycle/operations.ts";
import { outboxOperations } from "./lifecycle/outbox-operations.ts";
import { keptParcels } from "./lifecycle/outbox-restarts.ts";
import { outageCases } from "./lifecycle/outages.ts";
import { pageCases } from "./lifecycle/pages.ts";
import { heldBackCases } from "./lifecycle/held-back.ts";
import { restartCases } from "./lifecycle/restarts.ts";
import { sweep } from "./lifecycle/sweep.ts";

const registryLife: readonly RegistryCase[] = registryOperations
  .filter(({ name }) => name === "census")
  .flatMap((probe) => lifeCases<RegistryBackend>("registry", probe));

const messagingLife: readonly MessagingCase[] = messagingOperations
  .filter((operation) => titleOf(operation) === "publishMany")
  .flatMap((probe) => lifeCases<MessagingBackend>("messaging", probe));

const durabilityLife: readonly DurabilityCase[] = durabilityOperations
  .filter(({ name }) => name === "enqueueMany")
  .flatMap((probe) => lifeCases<DurabilityBackend>("durability", probe));

const outboxLife: readonly OutboxCase[] = outboxOperations
  .filter(({ name }) => name === "backlog")
  .flatMap((probe) => lifeCases<OutboxBackend>("outbox", probe));

/** Every case about the states of a client and about calls that end early, for every slot. */
export const lifecycleCases: readonly ConformanceCase[] = [
  ...registryLife,
  ...sweep("registry", registryOperations),
  ...pageCases,
  ...messagingLife,
  ...sweep("messaging", messagingOperations),
  ...durabilityLife,
  ...sweep("durability", durabilityOperations),
  ...outboxLife,
  ...sweep("outbox", outboxOperations),
  ...heldBackCases,
  ...outageCases,
  ...freezeCases,
  ...restartCases,
  keptParcels,
];
