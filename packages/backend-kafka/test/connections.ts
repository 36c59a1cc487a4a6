import { readFile } from "node:fs/promises";

const ESTABLISHED = "01";

/** Ends of connections on this machine that lead to the port, as Linux tells them. */
export async function connectionsTo(port: number): Promise<number> {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const lines = (await readFile("/proc/net/tcp", "utf8")).split("\n").slice(1);
  return lines.filter((line) => {
    const [, , remote, state] = line.trim().split(/\s+/);
    return state === ESTABLISHED && remote?.endsWith(`:${wanted}`) === true;
  }).length;
}
