/** Whatever a process sends before it dies the server may still carry out. */

import { setTimeout as delay } from "node:timers/promises";
import type { MortalProcess, Subject } from "@muster/conformance";
import { Pool } from "pg";
import type { PostgresByHost } from "../src/index.ts";
import { MORTAL } from "./subject.ts";

/** The subject, whose processes are dead only when the server has noticed that they are. */
export function withDepartures<S extends Subject & { mortal(): MortalProcess }>(
  subject: S,
  { host, port = 5_432, user = "", database = "" }: PostgresByHost,
): S {
  const pool = new Pool({ host, port, user, database, max: 1, allowExitOnIdle: true });
  pool.on("error", () => undefined); // It is restarted now and then.
  const mortal = (): MortalProcess => {
    const one = subject.mortal();
    const kill = async (turn: number): Promise<void> => {
      await one.kill(turn);
      while (await isRemembered(pool)) await delay(1);
    };
    return { ...one, kill };
  };
  const close = async (): Promise<void> => {
    await pool.end();
    await subject.close?.();
  };
  return { ...subject, mortal, close };
}

async function isRemembered(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ name: string }>(
    "select distinct application_name as name from pg_stat_activity where starts_with(application_name, $1)",
    [MORTAL],
  );
  return rows.some(({ name }) => !isAlive(Number(name.slice(MORTAL.length))));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
