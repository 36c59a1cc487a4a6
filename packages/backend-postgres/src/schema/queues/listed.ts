/** How functions find the rows that they change. */

/**
 * Rows of `source`, each with the namespace as `space`. Whatever is joined with them by its whole key is found by it, row by
 * row, and in their order. Were the namespace compared with the argument, the server could start at the other end, with all
 * rows of the namespace, and does where it takes the table for small: a connection keeps the plan that it made first.
 */
export function listed(source: string): string {
  return `(select sp as space, t.* from (select * from ${source}) t offset 0)`;
}

/**
 * The same, in the one order in which rows of the queue are changed by whoever doesn't hold the namespace alone: two who wait
 * for each other would end as a deadlock. `source` has an `identity` and a `message`.
 */
export function inOrder(source: string): string {
  return `(select sp as space, t.* from (select * from ${source}) t order by t.identity collate "C", t.message offset 0)`;
}
