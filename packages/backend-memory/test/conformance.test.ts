import { conformance } from "@muster/conformance/vitest";
import { subject } from "./subject.ts";

// `vitest -u` writes CONFORMANCE.md anew.
conformance(subject, { markdown: new URL("../CONFORMANCE.md", import.meta.url) });
