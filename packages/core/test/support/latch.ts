/** Opened once, for whoever waits for it. */
export class Latch {
  open: () => void = () => {};
  readonly opened: Promise<void> = new Promise((resolve) => {
    this.open = resolve;
  });
}
