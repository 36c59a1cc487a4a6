import { Running } from "../call.ts";
import { createHandle } from "../handle.ts";
import type { Host } from "../host.ts";
import { Violations } from "../input/violations.ts";
import { HandleTaker } from "../register.ts";
import { linkCall } from "../slots/index.ts";
import { Waiting } from "../tasks/waiting.ts";
import { Unattached } from "./place.ts";
import { Served } from "./served.ts";
import { FirstTry } from "./storing.ts";

const SOURCE = "core.keptShapes";

/**
 * One of each kind of object that otherwise lasts only as long as a call, to be held as long as the fleet.
 *
 * V8 forgets the shape of objects of which a full collection finds none, and with it throws away all optimized code that
 * handles them. The next thousand registers would take a process five times as long (130 instead of 25 µs of its time).
 */
export function keptShapes(host: Host): readonly unknown[] {
  const { sessionLeaseMs, timeoutMs } = host.timing;
  using call = linkCall({}, timeoutMs, SOURCE);
  const options = {
    identity: "",
    ttlMs: sessionLeaseMs,
    renew: "session",
    onLost: "stop",
    address: undefined,
    sessionBound: true,
  } as const;
  const served = new Served(options, {}, host.warn);
  const taker = new HandleTaker(host, served, new Running(host.gate, SOURCE, nothing, nothing));
  const placing = { host, served, mode: "create", call } as const;
  const waiting = new Waiting({}, "", SOURCE, new FirstTry(placing, "", new Unattached(placing, taker)), undefined);
  return [call, createHandle(host, served), waiting, new Violations(), setImmediate(nothing)];
}

function nothing(): void {}
