import { abortedError, type Call, type RegistryBackend } from "../../src/slots/index.ts";

const METHODS: readonly (string | symbol)[] = ["setMany", "getMany", "renewMany", "deleteMany", "scan", "scanRoutes"];

/** A store that takes requests and answers none of them while the stall lasts; it honours every call's signal. */
export class Stall {
  #stalled: Promise<void> | undefined;
  #end = (): void => {};
  /** Requests that wait for an answer, or have waited for one. */
  waiting = 0;

  begin(): void {
    this.#stalled = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  end(): void {
    this.#stalled = undefined;
    this.#end();
  }

  /** `counts` of the registry is left out, so that core counts by scanning. */
  around(plain: RegistryBackend): RegistryBackend {
    return new Proxy(plain, {
      get: (owner, name): unknown => {
        if (name === "counts") return undefined;
        const member: unknown = Reflect.get(owner, name, owner);
        if (typeof member !== "function") return member;
        const method = (...given: unknown[]): unknown => Reflect.apply(member, owner, given);
        if (!METHODS.includes(name)) return method;
        return name === "scan" || name === "scanRoutes" ? this.#scan(method) : this.#ask(method);
      },
    });
  }

  #ask(method: (...given: unknown[]) => unknown): (...given: unknown[]) => Promise<unknown> {
    return async (...given) => {
      await this.#wait(given);
      return await method(...given);
    };
  }

  #scan(method: (...given: unknown[]) => unknown): (...given: unknown[]) => AsyncIterable<unknown> {
    const wait = (given: readonly unknown[]): Promise<void> => this.#wait(given);
    return async function* (...given) {
      await wait(given);
      yield* method(...given) as AsyncIterable<unknown>; // Only used around scans.
    };
  }

  async #wait(given: readonly unknown[]): Promise<void> {
    if (this.#stalled === undefined) return;
    const call = given.at(-1) as Call; // The last argument of every method of a slot.
    this.waiting += 1;
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => reject(abortedError(call, "test.stall", true));
      if (call.signal.aborted) abort();
      call.signal.addEventListener("abort", abort, { once: true });
      this.#stalled?.then(resolve, reject);
    });
  }
}
