import type { Subject } from "@muster/conformance";
import { fileRegistry } from "../src/index.ts";

export function fileSubject(folder: string): Subject {
  return { name: "files", registry: () => fileRegistry({ folder }) };
}
