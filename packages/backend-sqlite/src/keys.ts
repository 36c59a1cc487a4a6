/** Names of what lies in the file: tables of all namespaces, and indexes of fields. */

import { createHash } from "node:crypto";

/** Every namespace whose schema asks for that field shares the index. */
export function indexName(expression: string): string {
  return `muster_metadata_${createHash("sha256").update(expression).digest("hex").slice(0, 16)}`;
}
