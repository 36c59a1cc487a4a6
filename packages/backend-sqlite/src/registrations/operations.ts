/** What the registry slot asks of the file. */

// biome-ignore lint/complexity/noBannedTypes: no operation yet.
export const REGISTRY_OPERATIONS: {} = {};
