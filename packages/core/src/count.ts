import type { FilterInput } from "@muster/filter";
import type { Context } from "./context.ts";
import { toFilter } from "./input/filters.ts";
import { type Selection, select, selectedRoutes } from "./query/selection.ts";
import type { Call } from "./slots/index.ts";
import { retry } from "./tasks/retry.ts";

const SOURCE = "core.count";

/** How many match, without handing them out; `null` or nothing counts everyone. @throws INVALID_FILTER, FILTER_TOO_COMPLEX */
export async function count(
  context: Context,
  filterInput: FilterInput | null | undefined,
  call: Call,
): Promise<number> {
  return await countSelected(context, select(context, toFilter(filterInput, context.schema, SOURCE)), call);
}

/** The registry counts itself where it can and nothing is left for us to look at. */
export async function countSelected(context: Context, selection: Selection, call: Call): Promise<number> {
  const { counts } = context.registry;
  if (counts !== undefined && selection.residual === undefined) {
    return await retry(call, SOURCE, () => counts.count(selection.native, call));
  }
  let total = 0;
  for await (const { selected } of selectedRoutes(context, selection, {}, call)) total += selected.length;
  return total;
}
