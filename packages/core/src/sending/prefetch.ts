/**
 * The pages of `source`, with the next one always being fetched while the current one is used. Leaving the iteration
 * ends `source`.
 */
export async function* prefetched<Page>(source: AsyncIterable<Page>): AsyncGenerator<Page, void, undefined> {
  const pages = source[Symbol.asyncIterator]();
  let isOver = false;
  const fetch = async (): Promise<IteratorResult<Page, unknown>> => {
    try {
      const result = await pages.next();
      isOver = result.done === true;
      return result;
    } catch (error) {
      isOver = true;
      throw error;
    }
  };
  let next = fetch();
  try {
    for (let result = await next; result.done !== true; result = await next) {
      next = fetch();
      next.catch(() => undefined); // Thrown when it is awaited, or not at all when the iteration is left.
      yield result.value;
    }
  } finally {
    if (!isOver) await pages.return?.();
  }
}
