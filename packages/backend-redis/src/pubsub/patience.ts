/** Waits until the promise has settled, whichever way, but no longer than so many ms. */
export async function settledWithin(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  const settled = promise.then(
    () => undefined,
    () => undefined, // Only that it is over matters.
  );
  await Promise.race([settled, late]);
  clearTimeout(timer);
}
