/**
 * This process' session: one record with a short lease, renewed by one call whatever the process serves.
 *
 * A session that was not renewed in time is dead for ever; another one, with another id, is opened in its place.
 */

import { randomBytes } from "node:crypto";
import { codedError } from "../call.ts";
import { backoffMs, pause, retry } from "../tasks/retry.ts";
import {
  type Call,
  linkCall,
  type MusterError,
  type RegistryBackend,
  SESSION_PREFIX,
  type SetEntry,
  throwIfAborted,
} from "../slots/index.ts";
import { offEnd, onEnd } from "../slots/signals.ts";
import { untilAborted } from "../tasks/until-aborted.ts";

/** What a session needs and whom it tells. */
export interface SessionOptions {
  readonly registry: RegistryBackend;
  readonly leaseMs: number;
  /** Node address of this process; absent without a messaging slot. */
  readonly address: string | undefined;
  /** The session of this id is dead: what it served is lost. Another one is being opened. */
  onDead(id: string): void;
  /** A renewal failed and will be tried again. */
  onFailure(error: MusterError): void;
}

interface Lease {
  readonly id: string;
  readonly epoch: number;
  /** Monotonic: counted from the sending of the last good renewal. */
  deadline: number;
  /** Epoch ms, store's clock. */
  renewedAt: number;
  dead: boolean;
}

/** Renews and replaces itself from `open` to `close`. */
export class Session {
  readonly #options: SessionOptions;
  readonly #closing = new AbortController();
  readonly #waiting = new Set<() => void>();
  #lease: Lease | undefined;
  #renewing: Promise<boolean> | undefined;
  #held = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Of the present session, or of the last one while there is none. */
  get id(): string {
    return this.#lease?.id ?? "";
  }

  /** Whether handlers may start: false from the lease's deadline on, whatever else this process is busy with. */
  get live(): boolean {
    const lease = this.#lease;
    return lease !== undefined && !lease.dead && performance.now() < lease.deadline;
  }

  /** Of the last good renewal, in epoch ms by the store's clock. */
  get renewedAt(): number {
    return this.#lease?.renewedAt ?? 0;
  }

  /** Stores the first session. @throws what `setMany` throws. */
  async open(call: Call): Promise<void> {
    await retry(call, "core.openSession", () => this.#create(call));
    this.#run().catch(() => undefined); // It reports its failures itself, and ends when the session is closed.
  }

  /** The id of a session that lives. @throws TIMEOUT, ABORTED while there is none. */
  async ready(call: Call): Promise<string> {
    while (!this.live) {
      throwIfAborted(call, "core.session");
      await this.#changed(call);
    }
    return this.id;
  }

  /**
   * Renews now, once for all who ask meanwhile, but not while it is held. False: the session is dead, and its successor is
   * under way.
   *
   * @throws TIMEOUT, ABORTED; what `renewMany` throws.
   */
  async renew(call: Call): Promise<boolean> {
    throwIfAborted(call, "core.renewSession");
    const lease = this.#lease;
    if (lease === undefined || !this.live) return false;
    if (this.#held) return true;
    this.#renewing ??= this.#renewOnce(lease).finally(() => {
      this.#renewing = undefined;
    });
    return await untilAborted(this.#renewing, call, "core.renewSession");
  }

  async #renewOnce(lease: Lease): Promise<boolean> {
    using call = linkCall({ signal: this.#closing.signal }, this.#options.leaseMs / 3, "core.renewSession");
    const sentAt = performance.now();
    const [outcome] = await this.#options.registry.renewMany(
      [{ identity: SESSION_PREFIX + lease.id, epoch: lease.epoch }],
      call,
    );
    if (typeof outcome !== "number" || performance.now() >= lease.deadline) {
      this.#die(lease);
      return false;
    }
    lease.deadline = Math.max(lease.deadline, sentAt + this.#options.leaseMs);
    lease.renewedAt = Math.max(lease.renewedAt, outcome - this.#options.leaseMs);
    return true;
  }

  /** Stops renewing, so that what it serves turns offline. */
  hold(): void {
    this.#held = true;
  }

  /** Goes on renewing; a session that died meanwhile is replaced. */
  release(): void {
    this.#held = false;
    this.#wake();
  }

  /** Stops renewing for good; the record is left as it is. */
  stop(): void {
    this.#closing.abort();
    this.#wake();
  }

  /** Deletes the record. What it still serves would never expire: remove or stamp that first. */
  async remove(call: Call): Promise<void> {
    const lease = this.#lease;
    if (lease === undefined || lease.dead) return;
    await this.#options.registry.deleteMany([{ identity: SESSION_PREFIX + lease.id, epoch: lease.epoch }], call);
    lease.dead = true;
  }

  async #run(): Promise<void> {
    const closing: Call = { signal: this.#closing.signal };
    while (!closing.signal.aborted) {
      await this.#changed(closing, this.#untilDue());
      const lease = this.#lease;
      if (closing.signal.aborted || lease === undefined) return;
      if (this.#held && this.live) continue;
      if (!lease.dead && !(await this.#keep(lease)) && !closing.signal.aborted) this.#die(lease);
      if (lease.dead) await this.#reopen(closing);
    }
  }

  /** A third of a lease, but never past the deadline: whoever is held dies on time, and not when it next looks. */
  #untilDue(): number {
    const left = (this.#lease?.deadline ?? Number.POSITIVE_INFINITY) - performance.now();
    return Math.min(this.#options.leaseMs / 3, Math.max(0, left));
  }

  /** Renews, trying again inside the lease. */
  async #keep(lease: Lease): Promise<boolean> {
    for (let tries = 0; this.live && !this.#closing.signal.aborted; tries += 1) {
      const left = Math.max(1, lease.deadline - performance.now());
      using call = linkCall(
        { signal: this.#closing.signal },
        Math.min(left, this.#options.leaseMs / 3),
        "core.renewSession",
      );
      try {
        return await this.renew(call);
      } catch (error) {
        if (this.#closing.signal.aborted) return true;
        this.#options.onFailure(codedError(error, "core.renewSession"));
        await pause(Math.min(left, this.#options.leaseMs / 10, backoffMs(tries)), { signal: this.#closing.signal });
      }
    }
    return false;
  }

  #die(lease: Lease): void {
    if (lease.dead) return;
    lease.dead = true;
    this.#options.onDead(lease.id);
    this.#wake();
  }

  async #reopen(closing: Call): Promise<void> {
    for (let tries = 0; !closing.signal.aborted; tries += 1) {
      if (this.#held) {
        await this.#changed(closing);
        continue;
      }
      using call = linkCall({ signal: closing.signal }, this.#options.leaseMs, "core.openSession");
      try {
        await this.#create(call);
        return;
      } catch (error) {
        if (closing.signal.aborted) return;
        this.#options.onFailure(codedError(error, "core.openSession"));
        await pause(backoffMs(tries), closing);
      }
    }
  }

  async #create(call: Call): Promise<void> {
    const id = randomBytes(16).toString("base64url");
    const { registry, leaseMs, address } = this.#options;
    const entry: SetEntry = {
      identity: SESSION_PREFIX + id,
      metadata: {},
      ttlMs: leaseMs,
      session: undefined,
      address,
      sessionBound: false,
      attempt: id,
      mode: "create",
    };
    const sentAt = performance.now();
    const [outcome] = await registry.setMany([entry], call);
    if (outcome === undefined || !("stored" in outcome)) throw new Error("the registry refused a session record");
    const { epoch, expiresAt = 0 } = outcome.stored;
    this.#lease = { id, epoch, deadline: sentAt + leaseMs, renewedAt: expiresAt - leaseMs, dead: false };
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Resolves when the session may have changed, after `withinMs`, or when the call ends. */
  #changed(call: Call, withinMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        offEnd(call, done);
        resolve();
      };
      const timer = withinMs === undefined ? undefined : setTimeout(done, withinMs);
      timer?.unref();
      this.#waiting.add(done);
      onEnd(call, done);
    });
  }
}
