import { conformance } from "@muster/conformance/vitest";
import { memorySubject } from "./subject.ts";

// `vitest -u` writes CONFORMANCE.md anew.
conformance(memorySubject(), { markdown: new URL("../CONFORMANCE.md", import.meta.url) });
