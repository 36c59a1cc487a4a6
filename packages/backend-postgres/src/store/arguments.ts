/** What a record may have at most. */

import type { NameLimits, RegistryTraits } from "@muster/core/slots";

/** Each is a key of an index with the namespace, which holds less than 2,704 bytes. */
export const NAME_LIMITS: NameLimits = { maxIdentityBytes: 1_024, maxSessionBytes: 1_024 };
export const RECORD_LIMITS: Pick<RegistryTraits, "maxRecordBytes"> = { maxRecordBytes: 1_048_576 };
