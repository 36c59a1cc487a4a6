import type { Message } from "../../src/message.ts";

/** A handler that runs until it is told to finish. */
export function slowly(): { readonly begun: Message[]; finish(): void; onMessage(message: Message): Promise<void> } {
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const begun: Message[] = [];
  return {
    begun,
    finish: () => finish(),
    async onMessage(message) {
      begun.push(message);
      await finished;
    },
  };
}
