import { context, propagation, trace, TraceFlags } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { memoryHub, memoryMessaging, memoryRegistry } from "@muster/backend-memory";
import { afterEach, expect, test } from "vitest";
import { openRegistry } from "../../src/index.ts";
import { type Headers, linkCall } from "../../src/slots/index.ts";

const SPAN = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  traceFlags: TraceFlags.SAMPLED,
};
const inSpan = trace.setSpanContext(context.active(), SPAN);

afterEach(() => {
  context.disable();
  propagation.disable();
});

async function headersOfOne(multicastIn: (send: () => Promise<unknown>) => Promise<unknown>): Promise<Headers> {
  const hub = memoryHub();
  await using fleet = await openRegistry({
    namespace: "traced",
    registry: memoryRegistry({ hub }),
    messaging: memoryMessaging({ hub }),
  });
  await fleet.register("ada", {}, { address: "ada's own", onMessage: () => {} });
  await using foreign = memoryMessaging({ hub });
  using call = linkCall({}, 5_000, "test");
  await foreign.open({ namespace: "traced" }, call);
  const inbox = await foreign.openInbox({ prefetch: 10 }, call);
  await inbox.addMany(["ada's own"], call);
  await multicastIn(async () => fleet.multicast(null, "hello"));
  for await (const page of inbox) return page[0]?.headers ?? {};
  throw new Error("the inbox ended");
}

test("a message to an identity address carries the trace context of its sender", async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const headers = await headersOfOne((send) => context.with(inSpan, send));
  expect(headers).toMatchObject({
    traceparent: `00-${SPAN.traceId}-${SPAN.spanId}-01`,
    "content-type": "text/plain; charset=utf-8",
  });
  expect(headers["muster-id"]).toMatch(/^[\da-f-]{36}$/);
});

test("without OpenTelemetry a message carries no trace context", async () => {
  expect(await headersOfOne((send) => context.with(inSpan, send))).not.toHaveProperty("traceparent");
});

test("a propagator's names become lower case, and what is no header value is left out", async () => {
  propagation.setGlobalPropagator({
    inject: (_context, carrier, setter) => {
      setter.set(carrier, "X-B3-TraceId", SPAN.traceId);
      setter.set(carrier, "empty", "");
      setter.set(carrier, "broken", "a\nb");
      setter.set(carrier, "Muster-Id", "not mine");
    },
    extract: (present) => present,
    fields: () => [],
  });
  const headers = await headersOfOne((send) => send());
  expect(headers).toMatchObject({ "x-b3-traceid": SPAN.traceId });
  expect(headers["muster-id"]).not.toBe("not mine");
  expect(headers).not.toHaveProperty("empty");
  expect(headers).not.toHaveProperty("broken");
});
