import { connect } from "amqplib";
import { Names } from "../../src/queues/names.ts";

/** Leaves no queues of the namespace: a server starts the more slowly, the more it has. */
export async function clear(url: string, namespace: string): Promise<void> {
  const model = await connect(url, { noDelay: true });
  model.on("error", () => undefined);
  try {
    const channel = await model.createChannel();
    const { strays, ledger, dead, parked } = new Names("muster", namespace);
    for (const queue of [strays, ledger, dead, ...parked]) await channel.deleteQueue(queue);
  } finally {
    await model.close();
  }
}
