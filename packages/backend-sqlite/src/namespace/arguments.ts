/** What is refused before anything is asked of the file. */

import type { NameLimits, RegistryTraits, Texts } from "@muster/core/slots";
import { isStorableText } from "@muster/filter";

/** The file holds UTF-8, and the driver stops reading a text at a NUL. */
export const TEXTS: Texts = { isOne: isStorableText, words: ", no NUL and no lone surrogates" };
export const NAME_LIMITS: NameLimits = { maxIdentityBytes: 1_024, texts: TEXTS };
export const RECORD_LIMITS: Pick<RegistryTraits, "maxRecordBytes"> = { maxRecordBytes: 1_048_576 };
