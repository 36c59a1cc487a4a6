/** Waiting for a while, unless there is nothing to wait for any more. */
export class Pause {
  #hasEnded = false;
  #wake = (): void => {};

  /** Resolves after so many ms, or at once when it has ended or ends meanwhile. One at a time. */
  async of(ms: number): Promise<void> {
    if (this.#hasEnded) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** For good. */
  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }
}
