/** One file, as the conformance kit looks at it. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subject } from "@muster/conformance";
import { withMortalProcesses } from "@muster/conformance/processes";
import { subject } from "./subject.ts";

export async function standalone(): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), "muster-sqlite-"));
  const options = { path: join(folder, "fleet.db") };
  const whole = {
    ...subject(options),
    close: async () => rm(folder, { recursive: true, force: true }),
  };
  return withMortalProcesses(whole, new URL("./subject.ts", import.meta.url), { args: [options] });
}
