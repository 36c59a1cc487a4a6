import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { patternConformance } from "@muster/conformance/vitest";
import { afterAll } from "vitest";
import { sqlite } from "../src/sqlite.ts";
import { DEADLINE_MS } from "./histories.ts";

const folder = await mkdtemp(join(tmpdir(), "muster-sqlite-"));
afterAll(async () => rm(folder, { recursive: true, force: true }));

patternConformance(sqlite(join(folder, "cases.db")), { parallel: true, deadlineMs: DEADLINE_MS });
