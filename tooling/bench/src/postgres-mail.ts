/** Two ways to carry messages through PostgreSQL to twenty listeners, as contenders; all listen in this process. */

import { postgresMessaging } from "@muster/backend-postgres";
import type { MessagingBackend } from "@muster/core/slots";
import { Client, type Pool } from "pg";
import { NODES, PAYLOAD } from "./fleets.ts";
import type { Contender } from "./rounds.ts";
import { CALL } from "./store.ts";

const PREFETCH = 65_536;
const BODY = Buffer.from(PAYLOAD);
const NAMES = Array.from({ length: NODES }, (_, n) => `node-${n}`);

export interface Mail {
  readonly url: string;
  readonly pool: Pool;
  readonly size: number;
}

/** Resolves with the last of so many. */
class Arrivals {
  #missing = 0;
  #resolve = (): void => undefined;

  expect(count: number): Promise<void> {
    this.#missing = count;
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  take(count: number): void {
    this.#missing -= count;
    if (this.#missing === 0) this.#resolve();
  }
}

/** `publishMany` of the messaging slot, and an inbox for each address. */
export class SlotMail implements Contender, AsyncDisposable {
  readonly name = "publishMany";
  readonly #mail: Mail;
  readonly #messaging: MessagingBackend;
  readonly #arrivals = new Arrivals();

  private constructor(mail: Mail, messaging: MessagingBackend) {
    this.#mail = mail;
    this.#messaging = messaging;
  }

  static async open(mail: Mail): Promise<SlotMail> {
    const messaging = postgresMessaging({ url: mail.url });
    await messaging.open({ namespace: "bench" }, CALL);
    const slot = new SlotMail(mail, messaging);
    for (const name of NAMES) await slot.#listen(name);
    return slot;
  }

  async run(): Promise<string> {
    const all = this.#arrivals.expect(this.#mail.size);
    const { maxBatch } = this.#messaging.traits;
    let failed = 0;
    for (let start = 0; start < this.#mail.size; start += maxBatch) {
      const length = Math.min(maxBatch, this.#mail.size - start);
      const batch = Array.from({ length }, (_, n) => ({ address: NAMES[n % NODES] ?? "", headers: {}, body: BODY }));
      failed += (await this.#messaging.publishMany(batch, CALL)).length;
    }
    await all;
    return `${this.#mail.size} received, ${failed} failed`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#messaging.close();
  }

  async #listen(name: string): Promise<void> {
    const inbox = await this.#messaging.openInbox({ prefetch: PREFETCH }, CALL);
    await inbox.addMany([name], CALL);
    const reading = async (): Promise<void> => {
      for await (const page of inbox) this.#arrivals.take(page.length);
    };
    reading().catch(() => undefined); // Then the round never ends.
  }
}

const TABLE = `create unlogged table mail_by_hand (id bigserial, node text not null, body bytea not null, primary key (node, id))`;
const INSERT = `with added as (
  insert into mail_by_hand (node, body) select * from unnest($1::text[], $2::bytea[])
) select pg_notify('mail_by_hand', '')`;
const TAKE = "delete from mail_by_hand where node = $1 returning body";

/** A row for each message, one NOTIFY for all of them, and listeners that take what is theirs. Nobody knows who listens. */
export class HandMail implements Contender, AsyncDisposable {
  readonly name = "rows by hand";
  readonly #mail: Mail;
  readonly #arrivals = new Arrivals();
  readonly #clients: Client[] = [];

  private constructor(mail: Mail) {
    this.#mail = mail;
  }

  static async open(mail: Mail): Promise<HandMail> {
    await mail.pool.query(TABLE);
    const hand = new HandMail(mail);
    for (const name of NAMES) await hand.#listen(name);
    return hand;
  }

  async run(): Promise<string> {
    const all = this.#arrivals.expect(this.#mail.size);
    const nodes = Array.from({ length: this.#mail.size }, (_, n) => NAMES[n % NODES]);
    await this.#mail.pool.query(INSERT, [nodes, nodes.map(() => BODY)]);
    await all;
    return `${nodes.length} received, 0 failed`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.end();
  }

  async #listen(name: string): Promise<void> {
    const client = new Client({ connectionString: this.#mail.url });
    await client.connect();
    this.#clients.push(client);
    let taking: Promise<void> = Promise.resolve();
    const take = async (): Promise<void> => this.#arrivals.take((await client.query(TAKE, [name])).rows.length);
    client.on("notification", () => {
      taking = taking.then(take);
    });
    await client.query("listen mail_by_hand");
  }
}
