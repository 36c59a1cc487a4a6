/** What a record may have at most. */

import type { NameLimits, RegistryTraits } from "@muster/core/slots";

export const NAME_LIMITS: NameLimits = { maxIdentityBytes: 1_024 };
/** A script copies a record a few times; larger ones would hold up everybody else. */
export const RECORD_LIMITS: Pick<RegistryTraits, "maxRecordBytes"> = { maxRecordBytes: 1_048_576 };
