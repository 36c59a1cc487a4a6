import type { Call, RegistryBackend } from "@muster/core/slots";
import { compileFilter, type Filter } from "@muster/filter";
import { expect } from "vitest";
import { collected } from "../pages.ts";
import type { Document } from "./filling.ts";

const CALL: Call = { signal: new AbortController().signal };

/**
 * Whom a caller gets, in their order: the native part from the registry, the residual part by the evaluator. Scans, scans of
 * routes and, where nothing is left for the evaluator, counts agree.
 */
export async function selected(registry: RegistryBackend, filter: Filter): Promise<readonly string[]> {
  const { native, residual } = registry.filters?.split(filter) ?? { residual: filter };
  const query = { pageSize: 100, ...(native ? { filter: native } : {}) };
  const found = await collected(registry.scan(query, CALL));
  const routes = await collected(registry.scanRoutes(query, CALL));
  expect(routes.map(({ identity }) => identity)).toEqual(found.map(({ identity }) => identity));
  if (!residual) expect((await registry.counts?.count(native, CALL)) ?? found.length).toBe(found.length);
  const matches = residual ? compileFilter(residual) : (): boolean => true;
  return found.filter((one) => matches(one.metadata, { ...one, attached: false })).map(({ identity }) => identity);
}

/** Whom the evaluator selects, in order. */
export function evaluated(documents: readonly Document[], filter: Filter): readonly string[] {
  const matches = compileFilter(filter);
  return documents
    .filter(({ id, metadata }) => matches(metadata, { identity: id, registeredAt: Date.now(), attached: false }))
    .map(({ id }) => id)
    .toSorted();
}
