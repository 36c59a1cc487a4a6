/** The cast. */

import type { Service } from "./schema.ts";

const BUILT_IN_EUROPE = { version: "2.3.1", region: "eu", health_status: "healthy" } as const;
const PAYMENT = { ...BUILT_IN_EUROPE, service_name: "payment", capabilities: ["credit-card", "paypal"] } as const;

/** By identity. */
export const INSTANCES = {
  "payment-1": { ...PAYMENT, endpoint: "10.1.0.1:8080", load: 0.42 },
  "payment-2": { ...PAYMENT, endpoint: "10.1.0.2:8080", load: 0.17, capabilities: ["credit-card", "stripe"] },
  "payment-3": { ...PAYMENT, endpoint: "10.1.0.3:8080", load: 0.7, health_status: "degraded" },
  "payment-4": { ...PAYMENT, endpoint: "10.2.0.4:8080", load: 0.05, region: "us", version: "2.4.0" },
  "search-1": { ...BUILT_IN_EUROPE, service_name: "search", endpoint: "10.1.0.5:8080", load: 0.3, capabilities: [] },
} as const satisfies Readonly<Record<string, Service>>;
