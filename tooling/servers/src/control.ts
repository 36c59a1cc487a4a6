import type { Housing } from "./housing.ts";
import type { ServerControl } from "./server.ts";

/** The control of a server that runs in a housing; calls take effect one after the other, in the order they were made. */
export function controlOf(housing: Housing): ServerControl & { readonly remove: () => Promise<void> } {
  let frozen = false;
  let last: Promise<unknown> = Promise.resolve();
  let removal: Promise<void> | undefined;
  let removed = false;

  const inTurn = <T>(step: () => Promise<T>): Promise<T> => {
    const turn = last.then(() => {
      if (removed) throw new Error("the server was closed");
      return step();
    });
    last = turn.catch(() => undefined);
    return turn;
  };
  const remove = async (): Promise<void> => {
    removed = true;
    await housing.remove();
  };
  const end = async (name: "SIGTERM" | "SIGKILL"): Promise<void> => {
    if (!(await housing.isAlive())) return;
    // A stopped process takes SIGTERM only after SIGCONT.
    if (frozen && name === "SIGTERM") await housing.signal("SIGCONT");
    frozen = false;
    await housing.signal(name);
  };
  const thaw = async (): Promise<void> => {
    if (!frozen) return;
    await housing.signal("SIGCONT");
    frozen = false;
    await housing.answers();
  };
  /** One that ended by itself a moment ago may still pass for alive. */
  const isUp = async (): Promise<boolean> => {
    if (!(await housing.isAlive())) return false;
    try {
      await thaw();
      await housing.answers();
      return true;
    } catch (error) {
      if (await housing.isAlive()) throw error;
      return false;
    }
  };
  const start = async (): Promise<void> => {
    if (await isUp()) return;
    frozen = false;
    await housing.launch();
  };
  return {
    start: () => inTurn(start),
    stop: () => inTurn(() => end("SIGTERM")),
    kill: () => inTurn(() => end("SIGKILL")),
    restart: () =>
      inTurn(async () => {
        await end("SIGKILL");
        await start();
      }),
    freeze: () =>
      inTurn(async () => {
        if (frozen) return;
        await housing.signal("SIGSTOP");
        frozen = true;
      }),
    thaw: () => inTurn(thaw),
    administer: (command) => inTurn(() => housing.administer(command)),
    remove: () => (removal ??= inTurn(remove)),
  };
}
