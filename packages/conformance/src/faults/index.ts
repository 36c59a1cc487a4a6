/** The door for those who break things: a light one, for it brings no cases along. */

export { type FaultProxy, faultProxy, type FaultTarget } from "./fault-proxy.ts";
export { type ServerControl, serverFaults, type ServerFaultsOptions } from "./server-faults.ts";
