/** What a user's session says about itself: the identity schema of RFC-017's use case 3. */

import { defineSchema, type MetadataOf } from "@muster/core";

export const userSchema = defineSchema({
  fields: {
    user_id: { type: "string", required: true, index: true },
    display_name: { type: "string", required: true, max_length: 80 },
    /** Not `offline`: whoever dropped out can't say so. That is what `$attached` tells. */
    status: { type: "enum", values: ["online", "away", "busy"], default: "online", index: true },
    current_room: { type: "string", required: true, index: true },
    client_version: { type: "string" },
    last_activity: { type: "timestamp", auto: "now" },
  },
});

export type User = MetadataOf<typeof userSchema>;
