/** As many relays can share the work of one namespace. */
export const SHARDS = 16;
