/** A process that listens: `listening-process.ts <url> <prefix> <address…>`. */

import type { MessagingBackend } from "@muster/core/slots";
import { answerParent } from "@muster/servers/remote";
import { type Reader, reading } from "@muster/testing/messaging";
import { opened } from "./support.ts";

export class ListeningProcess implements AsyncDisposable {
  readonly #messaging: MessagingBackend;
  readonly #reader: Reader;

  private constructor(messaging: MessagingBackend, reader: Reader) {
    this.#messaging = messaging;
    this.#reader = reader;
  }

  static async open([url = "", prefix = "", ...addresses]: readonly string[]): Promise<ListeningProcess> {
    const messaging = await opened({ url, prefix });
    return new ListeningProcess(messaging, await reading(messaging, addresses));
  }

  /** How many messages have come. */
  async count(): Promise<number> {
    return this.#reader.deliveries.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#messaging.close();
  }
}

answerParent(ListeningProcess.open(process.argv.slice(2)));
