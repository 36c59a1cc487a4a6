import { createHandle } from "../handle.ts";
import type { Host } from "../host.ts";
import { Violations } from "../input/violations.ts";
import { linkCall } from "../slots/index.ts";
import { Waiting } from "../tasks/waiting.ts";
import { Served } from "./served.ts";

/**
 * One of each kind of object that otherwise lasts only as long as a call, to be held as long as the fleet.
 *
 * V8 forgets the shape of objects of which a full collection finds none, and with it throws away all optimized code that
 * handles them. The next thousand registers would take a process five times as long (130 instead of 25 µs of its time).
 */
export function keptShapes(host: Host): readonly unknown[] {
  const { sessionLeaseMs, timeoutMs } = host.timing;
  using call = linkCall({}, timeoutMs, "core.keptShapes");
  const options = {
    identity: "",
    ttlMs: sessionLeaseMs,
    renew: "session",
    onLost: "stop",
    address: undefined,
    sessionBound: true,
  } as const;
  const handle = createHandle(host, new Served(options, {}, host.warn));
  const waiting = new Waiting(undefined, "", "core.keptShapes", call);
  waiting.resolve(undefined);
  return [call, handle, waiting, new Violations(), setImmediate(nothing)];
}

function nothing(): void {}
