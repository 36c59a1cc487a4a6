/** What an agent says about itself. */

import { defineSchema, type MetadataOf } from "@muster/core";

export const agentSchema = defineSchema({
  fields: {
    skills: { type: "array", items: "string", required: true, index: true },
    /** What it works on. */
    job: { type: "string", required: true, index: true },
  },
});

export type Agent = MetadataOf<typeof agentSchema>;
