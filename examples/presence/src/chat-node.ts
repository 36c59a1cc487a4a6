/** A node of the chat service: keeps its users registered and hands them what is said in their room. */

import { type Fleet, type Handle, type Message, type MulticastReport, openRegistry } from "@muster/core";
import type { DurabilityBackend, MessagingBackend, RegistryBackend } from "@muster/core/slots";
import type { Chat, Participant, Profile } from "./chat.ts";
import { type User, userSchema } from "./schema.ts";

export interface Slots {
  readonly registry: RegistryBackend;
  readonly messaging: MessagingBackend;
  readonly durability?: DurabilityBackend;
}

/** Short, so that the demo is: users of a dead node turn offline within 3 s, and are gone after 7 s. */
const TIMING = { sessionLeaseMs: 3_000, ttlMs: 7_000, reapIntervalMs: 500 };

/** How long whoever is there has to acknowledge what is kept for the others. */
const PATIENCE_MS = 2_000;

export class ChatNode implements Chat, AsyncDisposable {
  readonly #fleet: Fleet<User>;
  readonly #users = new Map<string, Handle<User>>();
  readonly #heard = new Map<string, string[]>();

  private constructor(fleet: Fleet<User>) {
    this.#fleet = fleet;
  }

  static async open(namespace: string, slots: Slots): Promise<ChatNode> {
    return new ChatNode(await openRegistry({ namespace, schema: userSchema, timing: TIMING, ...slots }));
  }

  async join(user: string, { name, room, status }: Profile): Promise<void> {
    const metadata = { user_id: user, display_name: name, status, current_room: room, client_version: "web-2.0" };
    const onMessage = (message: Message): void => this.#hear(user, message.id);
    this.#users.set(user, await this.#fleet.register(user, metadata, { onMessage }));
  }

  async change(user: string, patch: Parameters<Chat["change"]>[1]): Promise<void> {
    await this.#users.get(user)?.update({ ...patch, last_activity: new Date().toISOString() });
  }

  async leave(user: string): Promise<void> {
    await this.#users.get(user)?.unregister();
    this.#users.delete(user);
  }

  async list(filter: Parameters<Chat["list"]>[0]): Promise<readonly Participant[]> {
    const page = await this.#fleet.enumerate(filter, {
      sortBy: ["display_name"],
      projection: ["display_name", "status"],
    });
    return page.identities.map(({ identity, metadata, attached }) => ({
      user: identity,
      name: metadata.display_name,
      status: attached ? (metadata.status ?? "online") : "offline",
    }));
  }

  async say(room: string, from: string, text: string): Promise<MulticastReport> {
    return await this.#fleet.multicast({ current_room: room }, { type: "chat", from, text });
  }

  async leaveWord(room: string, from: string, text: string): Promise<MulticastReport> {
    const options = { delivery: "at-least-once", timeoutMs: PATIENCE_MS } as const;
    return await this.#fleet.multicast({ current_room: room }, { type: "chat", from, text }, options);
  }

  async heard(messageId: string): Promise<readonly string[]> {
    return this.#heard.get(messageId) ?? [];
  }

  #hear(user: string, messageId: string): void {
    const users = this.#heard.get(messageId);
    if (users === undefined) this.#heard.set(messageId, [user]);
    else users.push(user);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fleet.close();
  }
}
