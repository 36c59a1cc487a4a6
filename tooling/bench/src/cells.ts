/** Sensors in cells of equal size, of whom the first hundred of one cell are asked for. */

import { defineSchema, type Fleet, type InputOf, type MetadataOf, openRegistry, type Schema } from "@muster/core";
import type { IdentitySchema, RegistryBackend } from "@muster/core/slots";
import { type Sensor, sensor } from "./documents.ts";
import { PATIENT } from "./fleets.ts";
import { Disagreement } from "./scenario.ts";
import { BATCH, CALL, entryOf, identityOf } from "./store.ts";

export type Celled = Sensor & { readonly cell: string };

/** Identities of this and of {@link openCells}. */
export const CELLS_NAMESPACE = "cells";
export const CELL = "c0";
const CELLS = 50;
const PAGE = 100;
export const CELL_NAMES: readonly string[] = Array.from({ length: CELLS }, (_, cell) => `c${cell}`);
/** Batches on their way at once. */
const AT_ONCE = 4;

const DEFINITION = { fields: { cell: { type: "string", index: true } } } as const;
export const SCHEMA: Schema<typeof DEFINITION> = defineSchema(DEFINITION);
const STORED_SCHEMA: IdentitySchema = {
  fields: { cell: { type: "string", path: ["cell"], required: false, index: true } },
  additional: "keep",
};

export type CellFleet = Fleet<MetadataOf<Schema<typeof DEFINITION>>, InputOf<Schema<typeof DEFINITION>>>;

export function celled(index: number, cells: number = CELLS): Celled {
  return { ...sensor(index), cell: `c${index % cells}` };
}

/** As many as a full page has, or as there are in a cell of so many. */
export function pageOf(size: number): number {
  return Math.max(1, Math.min(PAGE, Math.floor(size / CELLS)));
}

/** Numbers of a batch after the other, {@link AT_ONCE} at a time. */
export async function inBatches(size: number, write: (from: number, to: number) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < size; start += BATCH * AT_ONCE) {
    const starts = Array.from({ length: AT_ONCE }, (_, at) => start + at * BATCH).filter((from) => from < size);
    await Promise.all(starts.map((from) => write(from, Math.min(from + BATCH, size))));
  }
}

/** So many into a registry that is closed again. */
export async function fillCells(registry: RegistryBackend, size: number): Promise<void> {
  await registry.open({ namespace: CELLS_NAMESPACE, schema: STORED_SCHEMA }, CALL);
  let stored = 0;
  await inBatches(size, async (from, to) => {
    const entries = Array.from({ length: to - from }, (_, at) => entryOf(identityOf(from + at), celled(from + at)));
    const outcomes = await registry.setMany(entries, CALL);
    stored += outcomes.filter((outcome) => "stored" in outcome).length;
  });
  await registry.close();
  if (stored !== size) throw new Disagreement(`${stored} were stored instead of ${size}`);
}

export async function openCells(registry: RegistryBackend): Promise<CellFleet> {
  return await openRegistry({ namespace: CELLS_NAMESPACE, registry, schema: SCHEMA, timing: PATIENT });
}

/** The first page of one cell: how many, and who is last. */
export async function firstPage(fleet: CellFleet, limit: number): Promise<string> {
  const { identities } = await fleet.enumerate({ cell: CELL }, { limit });
  return pageAnswer(identities.map(({ identity }) => identity));
}

/** All full pages of all cells, one after the other, and again from the beginning: none has just been asked for. */
export async function* pagesInTurn(fleet: CellFleet, limit: number): AsyncGenerator<string, never, undefined> {
  while (true) {
    for (const cell of CELL_NAMES) {
      let cursor: string | undefined;
      do {
        const page = await fleet.enumerate({ cell }, { limit, ...(cursor === undefined ? {} : { cursor }) });
        if (page.identities.length === limit) yield fullPage(limit);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
    }
  }
}

/** What is said of any page in turn, for those who read them are not at the same one at the same time. */
export function fullPage(length: number): string {
  return `${length} of a page`;
}

export function pageAnswer(identities: readonly string[]): string {
  return `${identities.length} to ${identities.at(-1) ?? ""}`;
}
