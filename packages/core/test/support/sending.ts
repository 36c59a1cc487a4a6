/** Multicasts of a world's sender, and slots that fail it at a chosen moment. */

import type { FilterInput } from "@muster/filter";
import type { MulticastOptions, Payload } from "../../src/fleet.ts";
import { multicast } from "../../src/multicast.ts";
import {
  type MessagingBackend,
  type MulticastReport,
  MusterError,
  type RegistryBackend,
} from "../../src/slots/index.ts";
import { interposed } from "./interposed.ts";
import { CALL, type World } from "./world.ts";

export function send(
  world: World,
  filter: FilterInput | null | undefined,
  options: MulticastOptions = {},
  payload: Payload = "hi",
): Promise<MulticastReport> {
  return multicast(world.context, filter, payload, options, CALL);
}

/** A world whose k-th publish of the sender fails or waits, each before or after it has taken effect. */
export function failingPublish(
  decide: (k: number) => "before" | "after" | undefined,
  error: (k: number) => Error,
): (plain: MessagingBackend) => MessagingBackend {
  let calls = 0;
  return (plain) =>
    interposed(plain, {
      publishMany: (original) => async (batch, call) => {
        calls += 1;
        const k = calls;
        if (decide(k) === "before") throw error(k);
        const failures = await original(batch, call);
        if (decide(k) === "after") throw error(k);
        return failures;
      },
      traits: (traits) => ({ ...traits, maxBatch: 1 }),
    });
}

/** A world whose k-th page of routes, each of a hundred, fails. */
export function failingScan(atPage: number, error: Error): (plain: RegistryBackend) => RegistryBackend {
  return (plain) =>
    interposed(plain, {
      scanRoutes: (original) =>
        async function* scan(query, call) {
          let page = 0;
          for await (const routes of original({ ...query, pageSize: 100 }, call)) {
            page += 1;
            if (page === atPage) throw error;
            yield routes;
          }
        },
    });
}

/** A registry that gives its first `size` routes, and is away for everything behind them. */
export function awayBehind(size: number): (plain: RegistryBackend) => RegistryBackend {
  const away = new MusterError({ code: "UNAVAILABLE", source: "test", message: "away" });
  return (plain) =>
    interposed(plain, {
      scanRoutes: (original) =>
        async function* scan(query, call) {
          if (query.after !== undefined) throw away;
          for await (const routes of original({ ...query, pageSize: size }, call)) {
            yield routes;
            throw away;
          }
        },
    });
}

/** From the k-th publish on, the sender's messages are never answered; each stalled call honours its signal. */
export function stalling(from: number, onStall: () => void = () => {}): (plain: MessagingBackend) => MessagingBackend {
  let calls = 0;
  return (plain) =>
    interposed(plain, {
      traits: (traits) => ({ ...traits, maxBatch: 1 }),
      publishMany: (original) => async (batch, call) => {
        calls += 1;
        if (calls < from) return original(batch, call);
        setImmediate(onStall);
        await new Promise((resolve) => {
          call.signal.addEventListener("abort", resolve, { once: true });
        });
        return original(batch, call).catch((cause: unknown) => {
          throw new MusterError({ code: "TIMEOUT", source: "test", message: "no answer", mayHaveApplied: true, cause });
        });
      },
    });
}

export function sum(report: MulticastReport): number {
  return report.deliveredCount + report.pendingCount + report.failedCount + report.timeoutCount;
}
