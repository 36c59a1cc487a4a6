import { type Askable, RemoteProcess } from "@muster/servers/remote";

/** Several processes of one program. Disposing of them kills them all, whatever they were doing. */
export class Processes<T extends Askable<T> = object> implements AsyncDisposable {
  readonly all: readonly RemoteProcess<T>[];

  private constructor(all: readonly RemoteProcess<T>[]) {
    this.all = all;
  }

  /**
   * One after the other, each as soon as the one before has opened what it is to open.
   *
   * @throws Error with what one of them says about why it has not; the others have ended.
   */
  static async start<T extends Askable<T>>(
    path: string,
    argumentsOfEach: readonly (readonly string[])[],
  ): Promise<Processes<T>> {
    const all: RemoteProcess<T>[] = [];
    try {
      for (const args of argumentsOfEach) all.push(await RemoteProcess.start<T>(path, args));
    } catch (error) {
      await kill(all);
      throw error;
    }
    return new Processes(all);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kill(this.all);
  }
}

async function kill(processes: readonly { kill(): Promise<void> }[]): Promise<void> {
  await Promise.all(processes.map(async (one) => one.kill()));
}
