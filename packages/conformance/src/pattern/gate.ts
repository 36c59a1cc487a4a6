/** Something to wait for, which somebody else decides. */
export interface Gate {
  readonly isOpen: boolean;
  /** Lets all through, from now on. */
  open(): void;
  /** Resolves when it is open. */
  passed(): Promise<void>;
}

export function gate(): Gate {
  let isOpen = false;
  const waiting: (() => void)[] = [];
  return {
    get isOpen() {
      return isOpen;
    },
    open(): void {
      isOpen = true;
      for (const wake of waiting.splice(0)) wake();
    },
    async passed(): Promise<void> {
      if (isOpen) return;
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    },
  };
}
