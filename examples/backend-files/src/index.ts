/** A registry in a folder, shared by the processes of one machine. */

export type { FileRegistryOptions } from "./options.ts";
export { fileRegistry } from "./registry.ts";
