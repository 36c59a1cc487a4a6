/** What a composition is made of that can come to its end, and where that is. */

import { coresOf, figureOf, type Line, lineOf, type Measured, sizeAt } from "./slopes.ts";

const MEGABYTE = 1_048_576;
/** Of one server. */
const SERVER_MEMORY_MB = 64 * 1_024;

/** Cores that one server can use. Redis executes commands in one thread; the others are given a usual machine. */
const CORES: Readonly<Record<string, number>> = { redis: 1, nats: 8, postgres: 16, rabbitmq: 8, kafka: 8 };
/** Those of them that keep identities. */
const STORES: ReadonlySet<string> = new Set(["redis", "postgres"]);

export interface Part {
  /** `cores of redis`. */
  readonly name: string;
  readonly kind: string;
  readonly unit: "cores" | "MB";
  readonly line: Line;
  /** What one server has of it. */
  readonly bound: number;
}

/** As they are under the larger churn; those that were measured at two sizes at least. */
export function partsOf(measured: Measured): readonly Part[] {
  return [...new Set(measured.on.split("+"))].flatMap((kind) => {
    const bound = CORES[kind];
    if (bound === undefined) return [];
    const cores = coresOf(measured, `cores of ${kind}`);
    const memory = STORES.has(kind) ? lineOf(measured, (stored) => memoryOf(stored, kind)) : undefined;
    return [
      ...(cores === undefined ? [] : [{ name: `cores of ${kind}`, kind, unit: "cores", line: cores, bound } as const]),
      ...(memory === undefined
        ? []
        : [{ name: `memory of ${kind}`, kind, unit: "MB", line: memory, bound: SERVER_MEMORY_MB } as const]),
    ];
  });
}

/** What the identities take by the store's own account, MB. */
function memoryOf(stored: Measured["results"][number], kind: string): number | undefined {
  const bytes = figureOf(stored, `memory of ${kind} … by its own account`);
  return bytes === undefined ? undefined : (bytes * stored.size) / MEGABYTE;
}

/** From the part that ends first. */
export function endsOf(parts: readonly Part[]): readonly { readonly part: Part; readonly size: number }[] {
  return parts
    .map((part) => ({ part, size: sizeAt(part.line, part.bound) }))
    .toSorted((one, other) => one.size - other.size);
}
