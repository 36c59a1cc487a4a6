import { randomUUID } from "node:crypto";

/** One that no other test has. */
export function freshNamespace(): string {
  return `test-${randomUUID()}`;
}

/** `id-00000`, `id-00001`, …, in the order of their bytes. */
export function numbered(count: number, prefix = "id"): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(5, "0")}`);
}
