/** Somebody else on the same brokers, with what everybody has: kafkajs as it comes. */

import { type Admin, type IHeaders, Kafka, logLevel, Partitioners, type Producer } from "kafkajs";

export interface ForeignRecord {
  readonly key: string | undefined;
  readonly text: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export class Foreigner implements AsyncDisposable {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;

  private constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.kafka = new Kafka({ brokers: [`${hostname}:${port}`], logLevel: logLevel.NOTHING });
    this.admin = this.kafka.admin();
    this.producer = this.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  }

  static async at(url: string): Promise<Foreigner> {
    const foreigner = new Foreigner(url);
    await foreigner.admin.connect();
    await foreigner.producer.connect();
    return foreigner;
  }

  /** What has been written to the topic, once there is so much. */
  async read(topic: string, count: number): Promise<readonly ForeignRecord[]> {
    const consumer = this.kafka.consumer({ groupId: `foreign-${process.pid}-${Math.random()}` });
    const seen: ForeignRecord[] = [];
    try {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await new Promise<void>((resolve, reject) => {
        const eachMessage = async ({ message: { key, value, headers } }: Incoming): Promise<void> => {
          seen.push({ key: key?.toString(), text: value?.toString(), headers: textsOf(headers) });
          if (seen.length === count) resolve();
        };
        consumer.run({ eachMessage }).catch(reject);
      });
    } finally {
      await consumer.disconnect();
    }
    return seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.admin.disconnect();
    await this.producer.disconnect();
  }
}

interface Incoming {
  readonly message: {
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly headers?: IHeaders | undefined;
  };
}

function textsOf(headers: IHeaders = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
