import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { conformance } from "@muster/conformance/vitest";
import { afterAll } from "vitest";
import { fileSubject } from "./subject.ts";

const folder = mkdtempSync(join(tmpdir(), "muster-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// `vitest -u` writes CONFORMANCE.md anew.
conformance(fileSubject(folder), { markdown: new URL("../CONFORMANCE.md", import.meta.url) });
