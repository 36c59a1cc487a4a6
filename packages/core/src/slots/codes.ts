/** Every error code, what it carries, and whether asking again can help. */

import type { MulticastReport } from "./report.ts";

/** One thing wrong with a metadata object or a configuration. */
export interface Violation {
  /** Dotted path to the offending place; `""` is the whole. */
  readonly path: string;
  readonly message: string;
}

/** What each code carries beside the message; codes that are not listed carry nothing. */
export interface ErrorDetails {
  readonly INVALID_METADATA: { readonly violations: readonly Violation[] };
  readonly CONFIG_INVALID: { readonly violations: readonly Violation[] };
  readonly INVALID_FILTER: { readonly path: string };
  readonly FILTER_TOO_COMPLEX: { readonly path: string };
  readonly QUOTA_EXCEEDED: { readonly limit: number };
  readonly PAYLOAD_TOO_LARGE: { readonly bytes: number; readonly maxBytes: number };
  readonly UNSUPPORTED: { readonly feature: string };
  /** `report` is there when a multicast was aborted after its first publish. */
  readonly ABORTED: { readonly report?: MulticastReport };
}

export type ErrorDetail<Code extends ErrorCode> = Code extends keyof ErrorDetails ? ErrorDetails[Code] : undefined;

/** Whether the same call may succeed when it is repeated unchanged. */
export const RETRYABLE = {
  ALREADY_EXISTS: false,
  NOT_FOUND: false,
  FENCED: false,
  CONFLICT: false,
  INVALID_IDENTITY: false,
  INVALID_METADATA: false,
  INVALID_FILTER: false,
  FILTER_TOO_COMPLEX: false,
  INVALID_CURSOR: false,
  INVALID_ARGUMENT: false,
  QUOTA_EXCEEDED: false,
  PAYLOAD_TOO_LARGE: false,
  UNSUPPORTED: false,
  IDEMPOTENCY_CONFLICT: false,
  PERMISSION_DENIED: false,
  UNAUTHENTICATED: false,
  CONFIG_INVALID: false,
  UNAVAILABLE: true,
  TIMEOUT: true,
  RATE_LIMITED: true,
  ABORTED: false,
  CLOSED: false,
  INTERNAL: false,
  NO_ROUTE: false,
  NOT_HERE: false,
  INDETERMINATE: false,
  REJECTED: false,
  EXPIRED: false,
  UNREGISTERED: false,
  DEAD_LETTERED: false,
  QUEUE_FULL: false,
} as const;

export type ErrorCode = keyof typeof RETRYABLE;
