import { expect, test } from "vitest";
import { type Batcher, type BatchOptions, createBatcher } from "../../src/tasks/coalesce.ts";
import { linkCall, MusterError } from "../../src/slots/index.ts";
import { eventually } from "../support/eventually.ts";

interface Entry {
  readonly key: string;
  readonly n: number;
}

/** A store that answers a batch only when told to. */
function manualStore(options: Partial<BatchOptions<Entry, number>> = {}): {
  readonly batcher: Batcher<Entry, number>;
  readonly batches: (readonly Entry[])[];
  readonly abandoned: (number | undefined)[];
  answer(index: number): void;
  refuse(index: number, error: Error): void;
} {
  const batches: (readonly Entry[])[] = [];
  const abandoned: (number | undefined)[] = [];
  const settle: { resolve(outcomes: readonly number[]): void; reject(error: Error): void }[] = [];
  const batcher = createBatcher<Entry, number>({
    source: "test.send",
    key: (entry) => entry.key,
    timeoutMs: 5_000,
    onAbandoned: (_entry, outcome) => void abandoned.push(outcome),
    send: (entries) => {
      batches.push(entries);
      return new Promise((resolve, reject) => {
        settle.push({ resolve, reject });
      });
    },
    ...options,
  });
  return {
    batcher,
    batches,
    abandoned,
    answer: (index) => settle[index]?.resolve((batches[index] ?? []).map((entry) => entry.n)),
    refuse: (index, error) => settle[index]?.reject(error),
  };
}

test("concurrent entries share a batch, and each gets its own outcome", async () => {
  const store = manualStore();
  const outcomes = Promise.all(Array.from({ length: 100 }, (_, n) => store.batcher.submit({ key: `k${n}`, n })));
  await eventually("a batch is sent", () => store.batches.length === 1);
  store.answer(0);
  expect(await outcomes).toEqual(Array.from({ length: 100 }, (_, n) => n));
  expect(store.batches).toHaveLength(1);
});

test("a batch never has more than 1,000 entries", async () => {
  const sizes: number[] = [];
  const batcher = createBatcher<Entry, number>({
    source: "test.send",
    key: (entry) => entry.key,
    timeoutMs: 5_000,
    send: async (entries) => {
      sizes.push(entries.length);
      return entries.map((entry) => entry.n);
    },
  });
  await Promise.all(Array.from({ length: 2_500 }, (_, n) => batcher.submit({ key: `k${n}`, n })));
  expect(sizes).toEqual([1_000, 1_000, 500]);
});

test("a second entry for the same key waits for the next batch, in order", async () => {
  const store = manualStore();
  const outcomes = Promise.all([1, 2, 3].map((n) => store.batcher.submit({ key: "same", n })));
  for (const n of [0, 1, 2]) {
    await eventually("the next batch is sent", () => store.batches.length === n + 1);
    store.answer(n);
  }
  expect(await outcomes).toEqual([1, 2, 3]);
  expect(store.batches.map((batch) => batch.map((entry) => entry.n))).toEqual([[1], [2], [3]]);
});

test("only a few batches are on their way at once; the rest gathers meanwhile", async () => {
  const store = manualStore({ maxInFlight: 1 });
  const first = store.batcher.submit({ key: "a", n: 1 });
  await eventually("the first batch is sent", () => store.batches.length === 1);
  const rest = [2, 3].map((n) => store.batcher.submit({ key: `k${n}`, n }));
  store.answer(0);
  await first;
  await eventually("the second batch is sent", () => store.batches.length === 2);
  store.answer(1);
  expect(await Promise.all(rest)).toEqual([2, 3]);
  expect(store.batches).toHaveLength(2);
});

test("an entry whose caller gives up before it is sent is withdrawn, and the next of its key comes up", async () => {
  const store = manualStore();
  const controller = new AbortController();
  using call = linkCall({ signal: controller.signal }, 5_000, "test");
  const first = store.batcher.submit({ key: "a", n: 1 });
  const withdrawn = store.batcher.submit({ key: "a", n: 2 }, call).catch((error: unknown) => error);
  const last = store.batcher.submit({ key: "a", n: 3 });
  controller.abort();
  expect(await withdrawn).toMatchObject({ code: "ABORTED", mayHaveApplied: false });
  await eventually("the first batch is sent", () => store.batches.length === 1);
  store.answer(0);
  await eventually("the second batch is sent", () => store.batches.length === 2);
  store.answer(1);
  expect(await Promise.all([first, last])).toEqual([1, 3]);
  expect(store.abandoned).toEqual([]);
});

test("an entry whose caller gives up after it was sent may have applied, and its outcome is told when it is known", async () => {
  const store = manualStore();
  const controller = new AbortController();
  using call = linkCall({ signal: controller.signal }, 5_000, "test");
  const abandoned = store.batcher.submit({ key: "a", n: 1 }, call).catch((error: unknown) => error);
  await eventually("it is sent", () => store.batches.length === 1);
  controller.abort();
  expect(await abandoned).toMatchObject({ code: "ABORTED", mayHaveApplied: true });
  expect(store.abandoned).toEqual([]);
  store.answer(0);
  await eventually("its outcome is told", () => store.abandoned.length === 1);
  expect(store.abandoned).toEqual([1]);
});

test("an abandoned entry whose batch failed without any effect is nobody's business", async () => {
  const store = manualStore();
  const controller = new AbortController();
  using call = linkCall({ signal: controller.signal }, 5_000, "test");
  const abandoned = store.batcher.submit({ key: "a", n: 1 }, call).catch((error: unknown) => error);
  const other = store.batcher.submit({ key: "b", n: 2 }).catch((error: unknown) => error);
  await eventually("it is sent", () => store.batches.length === 1);
  controller.abort();
  await abandoned;
  store.refuse(0, new MusterError({ code: "UNAVAILABLE", source: "test", message: "down" }));
  expect(await other).toMatchObject({ code: "UNAVAILABLE" });
  expect(store.abandoned).toEqual([]);
});

test("a batch has a deadline of its own, which its callers' deadlines don't shorten", async () => {
  const signals: AbortSignal[] = [];
  const store = manualStore({
    send: (entries, call) => {
      signals.push(call.signal);
      return Promise.resolve(entries.map((entry) => entry.n));
    },
  });
  const controller = new AbortController();
  using call = linkCall({ signal: controller.signal }, 5_000, "test");
  await store.batcher.submit({ key: "a", n: 1 }, call);
  controller.abort();
  expect(signals.map((signal) => signal.aborted)).toEqual([false]);
});

test("too few outcomes are an error for every entry, not a hang", async () => {
  const store = manualStore({ send: () => Promise.resolve([]) });
  await expect(store.batcher.submit({ key: "a", n: 1 })).rejects.toMatchObject({ code: "INTERNAL" });
});

test("a batch that is full is sent at once", async () => {
  const store = manualStore({ maxBatch: 3 });
  const outcomes = Promise.all(Array.from({ length: 4 }, (_, n) => store.batcher.submit({ key: `k${n}`, n })));
  expect(store.batches.map(({ length }) => length)).toEqual([3]);
  store.answer(0);
  await eventually("the rest is sent", () => store.batches.length === 2);
  store.answer(1);
  expect(await outcomes).toEqual([0, 1, 2, 3]);
});

test("a loop of writes that are answered at once lets the rest of the process run", async () => {
  const batcher = createBatcher<Entry, number>({
    source: "test.send",
    key: (entry) => entry.key,
    timeoutMs: 5_000,
    send: async (entries) => entries.map((entry) => entry.n),
  });
  let hasRun = false;
  setImmediate(() => {
    hasRun = true;
  });
  for (let n = 0; n < 1_000 && !hasRun; n++) await batcher.submit({ key: "k", n });
  expect(hasRun).toBe(true);
});

test("an entry that finds nothing on its way leaves before the next turn, with all that came in the meantime", async () => {
  const store = manualStore();
  const submit = async (n: number): Promise<number> => store.batcher.submit({ key: `k${n}`, n });
  const turn = new Promise<number>((resolve) => {
    setImmediate(() => resolve(store.batches.length));
  });
  const first = submit(1);
  const second = Promise.resolve().then(() => submit(2));
  expect(await turn).toBe(1);
  store.answer(0);
  expect(await Promise.all([first, second])).toEqual([1, 2]);
});
