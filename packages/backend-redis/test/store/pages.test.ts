import type { Route } from "@muster/core/slots";
import { describe, expect, test } from "vitest";
import { type PageSource, pagesOf } from "../../src/store/pages.ts";
import type { Page } from "../../src/store/reading.ts";

const CALL = { signal: new AbortController().signal };
const NEVER = Number.POSITIVE_INFINITY;

function route(identity: string): Route {
  return {
    identity,
    epoch: 1,
    session: undefined,
    address: undefined,
    registeredAt: 0,
    expiresAt: undefined,
    ttlMs: undefined,
    revision: 1,
  };
}

function page(identities: string, freshUntil = NEVER): Page<Route> {
  return { items: Array.from(identities, route), freshUntil };
}

/** Counts what it has been asked for; `begin` tells what stands behind an identity. */
class Store {
  asked = 0;
  readonly beginnings: (string | undefined)[] = [];
  readonly source: PageSource<Route>;

  constructor(begin: (after: string | undefined) => readonly (Page<Route> | Error)[]) {
    const count = (): number => (this.asked += 1);
    const { beginnings } = this;
    this.source = async function* (after) {
      beginnings.push(after);
      for (const one of begin(after)) {
        count();
        if (one instanceof Error) throw one;
        yield one;
      }
    };
  }

  pages(pageSize: number): AsyncGenerator<readonly Route[]> {
    return pagesOf({ source: this.source, after: undefined, pageSize, call: CALL, wait: async (work) => work() });
  }
}

async function read(pages: AsyncIterable<readonly Route[]>): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const one of pages) all.push(one.map(({ identity }) => identity).join(""));
  return all;
}

describe("pagesOf", () => {
  test("cuts what has been read into pages that are no longer than asked for", async () => {
    const store = new Store(() => [page("abcde"), page(""), page("f")]);
    expect(await read(store.pages(2))).toEqual(["ab", "cd", "e", "f"]);
  });

  test("asks for no more than the first page of a reader who wants no more", async () => {
    const store = new Store(() => [page("a"), page("b")]);
    for await (const one of store.pages(1)) {
      expect(one).toHaveLength(1);
      break;
    }
    expect(store.asked).toBe(1);
  });

  test("asks for what a page still lacks before its first items are consumed", async () => {
    const store = new Store(() => [page("ab"), page("cd"), page("e")]);
    const pages = store.pages(4);
    await pages.next();
    expect(store.asked).toBe(2);
    await pages.next();
    expect(store.asked).toBe(2);
    await pages.return(undefined);
  });

  test("asks for the next page before the second one is consumed", async () => {
    const store = new Store(() => [page("a"), page("b"), page("c"), page("d")]);
    const pages = store.pages(1);
    await pages.next();
    await pages.next();
    expect(store.asked).toBe(3);
    await pages.return(undefined);
  });

  test("forgets what it had asked for when its reader leaves, even its failure", async () => {
    const store = new Store(() => [page("a"), page("b"), new Error("too late")]);
    for await (const [one] of store.pages(1)) if (one?.identity === "b") break;
    expect(store.asked).toBe(3);
  });

  test("throws a failure when it is that page's turn", async () => {
    const pages = new Store(() => [page("a"), new Error("lost")]).pages(1);
    expect((await pages.next()).done).toBe(false);
    await expect(pages.next()).rejects.toThrow("lost");
  });

  test("reads again what may have expired since it was read ahead", async () => {
    const store = new Store((after) => (after === undefined ? [page("a"), page("bc", 0)] : [page("c")]));
    expect(await read(store.pages(10))).toEqual(["a", "c"]);
    expect(store.beginnings).toEqual([undefined, "a"]);
  });

  test("reads again the rest of a page of which a part has been given", async () => {
    const store = new Store((after) => (after === undefined ? [page("abc", 0)] : [page("c")]));
    expect(await read(store.pages(1))).toEqual(["a", "c"]);
    expect(store.beginnings).toEqual([undefined, "a"]);
  });
});
