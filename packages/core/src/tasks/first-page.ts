/** The first page that isn't empty; empty where there is nothing more. Leaves the iteration. */
export async function firstPage<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  for await (const page of pages) if (page.length > 0) return page;
  return [];
}
