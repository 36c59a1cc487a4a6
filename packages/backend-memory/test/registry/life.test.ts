import { entry } from "@muster/testing";
import { expect, test } from "vitest";
import { memoryRegistry } from "../../src/index.ts";
import { ABORTED_CALL, CALL, fixture, get, NAMESPACE, scanIdentities, set, stored } from "../support.ts";

test("every method of a registry that is not open, or no longer, rejects with CLOSED", async () => {
  const registry = memoryRegistry();
  const methods = [
    (): Promise<unknown> => registry.setMany([], CALL),
    (): Promise<unknown> => registry.getMany([], CALL),
    (): Promise<unknown> => registry.renewMany([], CALL),
    (): Promise<unknown> => registry.deleteMany([], CALL),
    (): Promise<unknown> => scanIdentities(registry),
    (): Promise<unknown> => registry.scanRoutes({ pageSize: 1 }, CALL)[Symbol.asyncIterator]().next(),
    (): Promise<unknown> => registry.reap({ limit: 1, claimMs: 1, graceMs: 1 }, CALL),
    (): Promise<unknown> => registry.confirmMany([], CALL),
    (): Promise<unknown> => registry.census(CALL),
    (): Promise<unknown> => registry.counts?.count(undefined, CALL) ?? Promise.resolve(),
  ];
  for (const method of methods) await expect(method()).rejects.toMatchObject({ code: "CLOSED", mayHaveApplied: false });
  await registry.open({ namespace: NAMESPACE }, CALL);
  for (const method of methods) await method();
  await registry.close();
  await registry.close();
  for (const method of methods) await expect(method()).rejects.toMatchObject({ code: "CLOSED" });
  await expect(registry.open({ namespace: NAMESPACE }, CALL)).rejects.toMatchObject({ code: "CLOSED" });
});

test("closing rejects what is in flight with CLOSED", async () => {
  const registry = await fixture().client();
  const pending = registry.setMany([entry("a")], CALL);
  const closing = registry.close();
  await expect(pending).rejects.toMatchObject({ code: "CLOSED" });
  await closing;
});

test("a scan that is open when the registry closes rejects with CLOSED", async () => {
  const registry = await fixture().client();
  await registry.setMany([entry("a"), entry("b")], CALL);
  const pages = registry.scan({ pageSize: 1 }, CALL)[Symbol.asyncIterator]();
  await pages.next();
  await registry.close();
  await expect(pages.next()).rejects.toMatchObject({ code: "CLOSED", source: "memory.scan" });
});

test("a call given up before it starts rejects with ABORTED and changes nothing", async () => {
  const registry = await fixture().client();
  await expect(registry.setMany([entry("a")], ABORTED_CALL)).rejects.toMatchObject({
    code: "ABORTED",
    source: "memory.setMany",
    mayHaveApplied: false,
  });
  expect(await get(registry, "a")).toBeUndefined();
});

test("a call given up in flight rejects with ABORTED that may have applied", async () => {
  const registry = await fixture().client();
  const controller = new AbortController();
  const pending = registry.setMany([entry("a")], { signal: controller.signal });
  controller.abort();
  await expect(pending).rejects.toMatchObject({ code: "ABORTED", mayHaveApplied: true });
});

test("without a hub each registry has a store of its own", async () => {
  const [one, other] = [memoryRegistry(), memoryRegistry()];
  await one.open({ namespace: NAMESPACE }, CALL);
  await other.open({ namespace: NAMESPACE }, CALL);
  await set(one, entry("a"));
  expect(await get(other, "a")).toBeUndefined();
});

test("what one client stores all clients of the namespace see, and no other namespace does", async () => {
  const { client } = fixture();
  const [one, peer, stranger] = [await client(), await client(), await client({ namespace: "other" })];
  const registration = await stored(one, entry("a", { metadata: { n: 1 } }));
  expect(await get(peer, "a")).toEqual(registration);
  expect(await get(stranger, "a")).toBeUndefined();
  expect(await scanIdentities(stranger)).toEqual([]);
  expect(await stranger.census(CALL)).toEqual({ counted: 0, expired: 0 });
});

test("records outlive the client that wrote them", async () => {
  const { client } = fixture();
  const one = await client();
  await set(one, entry("a"));
  await one.close();
  expect(await get(await client(), "a")).toBeDefined();
});
