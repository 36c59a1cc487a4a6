/** JavaScript values that are no JSON, each made anew: what a caller may hand over by mistake or by malice. */
export const hostile: Readonly<Record<string, () => unknown>> = {
  getter: () => ({
    get a() {
      throw new Error("called");
    },
  }),
  "getter in an operand": () => ({
    a: {
      $eq: {
        get b() {
          throw new Error("called");
        },
      },
    },
  }),
  "setter only": () => ({ set a(_: unknown) {} }),
  "proxy that throws everywhere": () => everyTrapThrows({}),
  "proxy of an array that throws": () => ({ $and: everyTrapThrows([]) }),
  "proxy as an operand": () => ({ a: everyTrapThrows({}) }),
  "proxy as a list": () => ({ a: { $in: everyTrapThrows([]) } }),
  "proxy that throws a proxy": () =>
    new Proxy(
      {},
      {
        ownKeys() {
          const thrown: unknown = everyTrapThrows({});
          throw thrown as Error;
        },
      },
    ),
  "proxy of a Date": () => ({ "$registeredAt.lt": new Proxy(new Date(), {}) }),
  "revoked proxy": () => revoked({}),
  "revoked proxy as an operand": () => ({ a: { $eq: revoked([]) } }),
  "proxy that lies about its length": () => ({
    $and: new Proxy([{ a: 1 }], {
      getOwnPropertyDescriptor: (target, key) =>
        key === "length"
          ? { value: -1, writable: true, enumerable: false, configurable: false }
          : Reflect.getOwnPropertyDescriptor(target, key),
    }),
  }),
  "proxy that changes its mind": () => ({
    a: new Proxy(
      {},
      {
        ownKeys: changing([["$lt"], []]),
        getOwnPropertyDescriptor: () => ({ value: true, enumerable: true, configurable: true }),
      },
    ),
  }),
  "endless prototype chain": () => endlessPrototype(),
  "cycle through and": () => cycleOf((self) => ({ $and: [self] })),
  "cycle through a field": () => cycleOf((self) => ({ a: self })),
  "cycle through in": () => cycleOf((self) => ({ a: { $in: [self] } })),
  date: () => new Date(),
  "invalid date": () => ({ "$registeredAt.lt": new Date(Number.NaN) }),
  map: () => new Map([["a", 1]]),
  set: () => ({ a: { $in: new Set([1]) } }),
  "class instance": () =>
    new (class {
      a = 1;
    })(),
  "array subclass": () => ({ $or: new (class extends Array<unknown> {})({ a: 1 }) }),
  "typed array": () => ({ a: { $in: new Uint8Array(3) } }),
  buffer: () => ({ a: Buffer.from("x") }),
  regexp: () => ({ "a.regex": /x/ }),
  "boxed string": () => ({ "a.startswith": Object("x") as unknown }),
  promise: () => ({ a: Promise.resolve(1) }),
  toJSON: () => ({ a: { toJSON: () => ({ $eq: 1 }) } }),
  "toString that throws": () => ({
    a: {
      toString: () => {
        throw new Error("called");
      },
    },
  }),
  "symbol key": () => ({ [Symbol.iterator]: 1, a: 1 }),
  "symbol value": () => ({ "a.lt": Symbol("x") }),
  function: () => () => ({ a: 1 }),
  bigint: () => ({ "a.gt": 10n }),
  "hidden member": () => Object.defineProperty({}, "a", { value: 1, enumerable: false }),
  "sparse array": () => ({ $and: withLength(4) }),
  "huge sparse array": () => ({ $and: withLength(4_294_967_295) }),
  "huge sparse list": () => ({ a: { $in: withLength(4_294_967_295) } }),
  "huge sparse operand": () => ({ a: withLength(4_294_967_295) }),
  "own __proto__": () => JSON.parse('{ "__proto__": { "$lt": {} } }') as unknown,
  "operator of Object.prototype": () => ({ a: { $constructor: 1, $__proto__: 2 } }),
  "suffix of Object.prototype": () => ({ $identity: {}, "a.hasOwnProperty": undefined }),
  "deep not": () => deep((inner) => ({ $not: inner })),
  "deep and": () => deep((inner) => ({ $and: [inner] })),
  "deep not on a field": () => ({ a: deep((inner) => ({ $not: inner })) }),
  "deep operand": () => ({ a: { $eq: deep((inner) => ({ k: inner })) } }),
  "deep list": () => ({ a: { $in: [deep((inner) => [inner])] } }),
  "long key": () => ({ ["a.".repeat(2_000_000)]: 1 }),
  "very many keys": () => Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, 1])),
  "very many elements": () => ({ $or: Array.from({ length: 100_000 }, () => ({ a: 1 })) }),
  "very long text": () => ({ a: "x".repeat(50_000_000) }),
  "very long pattern": () => ({ "a.regex": "(".repeat(1_000_000) }),
  "nested groups": () => ({ "a.regex": "(".repeat(1_000) }),
};

function everyTrapThrows(target: object): object {
  const fail = (): never => {
    throw new Error("trapped");
  };
  return new Proxy(target, {
    get: fail,
    getOwnPropertyDescriptor: fail,
    getPrototypeOf: fail,
    has: fail,
    ownKeys: fail,
  });
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function endlessPrototype(): object {
  const proxy: object = new Proxy({}, { getPrototypeOf: () => proxy });
  return proxy;
}

function changing(answers: readonly string[][]): () => string[] {
  let calls = 0;
  return () => answers[calls++] ?? [];
}

function cycleOf(wrap: (self: object) => object): object {
  const self = {};
  return Object.assign(self, wrap(self));
}

function deep(wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = { a: 1 };
  for (let level = 0; level < 100_000; level++) value = wrap(value);
  return value;
}

function withLength(length: number): unknown[] {
  const holes: unknown[] = [];
  holes.length = length;
  return holes;
}
