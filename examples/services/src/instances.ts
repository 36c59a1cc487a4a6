/** The cast. */

import type { Service } from "./schema.ts";

const HEALTHY_IN_EUROPE = { region: "eu", health_status: "healthy" } as const;
const CARDS = ["credit-card", "paypal"];
const PAYMENT = { ...HEALTHY_IN_EUROPE, service_name: "payment", version: "2.3.1", capabilities: CARDS } as const;
const SEARCH = { ...HEALTHY_IN_EUROPE, service_name: "search", version: "1.9.0", capabilities: ["full-text"] } as const;

/** By identity. */
export const INSTANCES = {
  "payment-1": { ...PAYMENT, endpoint: "10.1.0.1:8080", load: 0.42 },
  "payment-2": { ...PAYMENT, endpoint: "10.1.0.2:8080", load: 0.17, capabilities: ["credit-card", "stripe"] },
  "payment-3": { ...PAYMENT, endpoint: "10.1.0.3:8080", load: 0.7, health_status: "degraded" },
  "payment-4": { ...PAYMENT, endpoint: "10.2.0.4:8080", load: 0.05, region: "us", version: "2.4.0" },
  "search-1": { ...SEARCH, endpoint: "10.1.0.5:8080", load: 0.3 },
} as const satisfies Readonly<Record<string, Service>>;
