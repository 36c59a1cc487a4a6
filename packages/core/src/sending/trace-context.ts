/** The trace that a multicast is part of, for whoever reads the raw messages. */

import { context, propagation } from "@opentelemetry/api";
import type { Headers } from "../slots/index.ts";

/**
 * What the application's OpenTelemetry propagator says of the present context, as a rule `traceparent` and `tracestate`.
 * Nothing where the application has none, and without an active span.
 *
 * Source: W3C Trace Context; OpenTelemetry, Context API and Propagators API.
 */
export function traceHeaders(): Headers | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  const headers = Object.entries(carrier).filter(([, value]) => /^[^\p{Cc}]+$/u.test(value));
  if (headers.length === 0) return undefined;
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
}
