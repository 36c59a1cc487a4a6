/** Enumerating in a world. */

import type { FilterInput, Metadata } from "@muster/filter";
import { enumerate } from "../../src/enumerate.ts";
import type { EnumerateOptions, Page } from "../../src/fleet.ts";
import { interposed } from "./interposed.ts";
import { CALL, entry, openWorld, type World } from "./world.ts";

type WorldOptions = NonNullable<Parameters<typeof openWorld>[0]>;

/** Worlds whose registry sorts itself, and worlds in which core must. */
export const SORTERS: readonly (readonly [who: string, options: WorldOptions])[] = [
  ["the registry", {}],
  ["core", { registry: (plain) => interposed(plain, { sorts: () => undefined }) }],
];

/** One page of this world. */
export function list(
  world: World,
  filter: FilterInput | null | undefined,
  options: EnumerateOptions = {},
): Promise<Page> {
  return enumerate(world.context, filter, options, CALL);
}

/** Page after page, each from the cursor of the one before. */
export async function allPages(
  world: World,
  filter: FilterInput | null,
  options: EnumerateOptions,
  between = async (): Promise<void> => {},
): Promise<readonly Page[]> {
  const pages: Page[] = [];
  let cursor: string | undefined;
  do {
    const page: Page = await list(world, filter, { ...options, ...(cursor === undefined ? {} : { cursor }) });
    pages.push(page);
    cursor = page.nextCursor;
    await between();
  } while (cursor !== undefined);
  return pages;
}

export function identitiesOf(pages: readonly Page[]): readonly string[] {
  return pages.flatMap(({ identities }) => identities.map(({ identity }) => identity));
}

/** A world whose registry holds these, and nothing else. */
export async function worldOf(
  metadata: Readonly<Record<string, Metadata>>,
  options: WorldOptions = {},
): Promise<World> {
  const world = await openWorld(options);
  await world.context.registry.setMany(
    Object.entries(metadata).map(([identity, one]) => entry(identity, { metadata: one })),
    CALL,
  );
  return world;
}
