// Two processes share a folder: one registers, the other finds, also when the first is killed without warning.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Narrator } from "./narrator.ts";

const folder = await mkdtemp(join(tmpdir(), "muster-files-"));
try {
  await using registrar = new Narrator("registrar", folder);
  await registrar.says("registered hall");
  await using observer = new Narrator("observer", folder);
  await observer.says("sees hall");
  await sleep(2_000);
  const isThere = observer.said.at(-1) === "sees hall";
  console.log(`2 s later it is ${isThere ? "still there" : "gone"}: kill -9 the registrar`);
  registrar.kill();
  await observer.says("sees nobody");
} finally {
  await rm(folder, { recursive: true, force: true });
}
