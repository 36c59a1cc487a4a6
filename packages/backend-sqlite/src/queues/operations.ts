/** What the durability slot asks of the file. */

// biome-ignore lint/complexity/noBannedTypes: no operation yet.
export const QUEUE_OPERATIONS: {} = {};
