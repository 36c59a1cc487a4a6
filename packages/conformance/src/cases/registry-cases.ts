import type { RegistryCase } from "../case.ts";

/** Every case of the registry slot, topic by topic. */
export const registryCases: readonly RegistryCase[] = [];
