/** The first of a sorted enumeration: the contract's `sorts`. */

import type { Registration, SortQuery } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { REGISTRATION_COLUMNS, registrationIn } from "../codec.ts";
import { readsMetadata } from "../filter.ts";
import { isBehind, orderBy } from "../selection/order.ts";
import { Parameters } from "../selection/parameters.ts";
import type { Namespace } from "./namespace.ts";
import { noSessionIn, selectionOf, sourceOf } from "./reading.ts";
import { withMetadata } from "./statements.ts";

/**
 * One statement: the server looks at everyone selected and keeps the first. Where nothing asks about metadata, only theirs
 * is read.
 */
export async function first(
  namespace: Namespace,
  { by, behind, limit, filter }: SortQuery,
  call: PostgresCall,
): Promise<readonly Registration[]> {
  const { client, name } = namespace;
  const { names } = client;
  const parameters = new Parameters([name, Math.floor(limit)]);
  const asksMetadata = by.some((criterion) => "path" in criterion) || (filter !== undefined && readsMetadata(filter));
  const source = sourceOf(namespace, { isByMetadata: asksMetadata, needsMetadata: asksMetadata });
  const writing = { names, parameters, first: source.first };
  const conditions = [...selectionOf(namespace, filter, source, parameters), noSessionIn(source)];
  if (behind !== undefined) conditions.push(isBehind(by, behind, writing));
  const order = orderBy(by, writing);
  const rest = `where ${conditions.join(" and ")} order by ${order} limit $2::bigint`;
  const text = asksMetadata
    ? `select ${REGISTRATION_COLUMNS} from ${source.from} ${rest}`
    : `select ${REGISTRATION_COLUMNS} from (select r.* from ${source.from} ${rest}) r ${withMetadata(names)} order by ${order}`;
  return (await client.read(text, parameters.values, call)).map(registrationIn);
}
