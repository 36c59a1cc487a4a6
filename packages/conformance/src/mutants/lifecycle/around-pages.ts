import type { Call } from "@muster/core/slots";

/** Runs an operation, with the call it was given or another; what it gives or throws is what the caller sees. */
export type Around = <T>(operation: string, call: Call, run: (call: Call) => Promise<T>) => Promise<T>;

/** Each step of the iteration is one run of the operation. */
export async function* pagesAround<P>(
  operation: string,
  call: Call,
  open: (call: Call) => AsyncIterable<P>,
  around: Around,
): AsyncGenerator<P, void, undefined> {
  let pages: AsyncIterator<P> | undefined;
  const step = async (inner: Call): Promise<IteratorResult<P, unknown>> => {
    pages ??= open(inner)[Symbol.asyncIterator]();
    return pages.next();
  };
  try {
    for (let next = await around(operation, call, step); next.done !== true; next = await around(operation, call, step))
      yield next.value;
  } finally {
    await pages?.return?.();
  }
}
