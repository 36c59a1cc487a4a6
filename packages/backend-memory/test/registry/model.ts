/** A registry that could not be simpler: one map, looked through from end to end for every question. */

import type { LeaseOutcome, ReapClaim, Registration, SetEntry } from "@muster/core/slots";

export const QUOTA = 12;
export const GRACE_MS = 40;

export interface Life {
  readonly registration: Registration;
  readonly isBound: boolean;
  readonly claimedUntil?: number;
  /** A tombstone since then. */
  readonly buriedAt?: number;
}

export class Model {
  readonly lives = new Map<string, Life>();
  now = 0;

  live(identity: string): Life | undefined {
    const life = this.lives.get(identity);
    return life && life.buriedAt === undefined && (life.registration.expiresAt ?? Infinity) > this.now
      ? life
      : undefined;
  }

  isLive(session: string | undefined): boolean {
    return session !== undefined && this.live(`$session/${session}`) !== undefined;
  }

  counted(): readonly Life[] {
    return [...this.lives.values()].filter(
      ({ buriedAt, registration }) => buriedAt === undefined && !registration.identity.startsWith("$"),
    );
  }

  /** What setting should come to, without the epoch of a new life, which is the registry's to choose. */
  set(entry: SetEntry): "stored" | "again" | "exists" | "quota" | "fenced" | "conflict" | "session" {
    const { identity, mode, attempt } = entry;
    const current = this.live(identity)?.registration;
    if (current?.attempt === attempt) return "again";
    if (entry.sessionBound && !this.isLive(entry.session)) return "session";
    if (typeof mode === "object") {
      if (current?.epoch !== mode.epoch) return "fenced";
      return mode.revision === undefined || mode.revision === current.revision ? "stored" : "conflict";
    }
    if (mode === "create" && this.isLive(current?.session)) return "exists";
    const life = this.lives.get(identity);
    const isNew = !identity.startsWith("$") && (life === undefined || life.buriedAt !== undefined);
    return isNew && this.counted().length >= QUOTA ? "quota" : "stored";
  }

  renew(identity: string, epoch: number, expiresAt: number | undefined): LeaseOutcome {
    const life = this.live(identity);
    if (life === undefined) return "absent";
    const { registration, isBound } = life;
    if (registration.epoch !== epoch) return "fenced";
    const own = registration.expiresAt ?? (isBound ? -Infinity : Infinity);
    const renewed = isBound || registration.ttlMs === undefined ? Infinity : this.now + registration.ttlMs;
    const next = expiresAt === undefined ? renewed : Math.max(own, expiresAt);
    const kept = next === Infinity ? undefined : next;
    this.lives.set(identity, {
      registration: { ...registration, expiresAt: kept },
      isBound: isBound && expiresAt === undefined,
    });
    return kept ?? "never";
  }

  due(): readonly { readonly identity: string; readonly step: string; readonly at: number }[] {
    return [...this.lives.values()].flatMap(
      ({ registration: { identity, expiresAt = Infinity }, buriedAt, claimedUntil = 0 }) => {
        const at = buriedAt === undefined ? expiresAt : buriedAt + GRACE_MS;
        return at <= this.now && claimedUntil <= this.now
          ? [{ identity, step: buriedAt === undefined ? "expired" : "over", at }]
          : [];
      },
    );
  }

  confirm({ registration, step }: ReapClaim): void {
    const life = this.lives.get(registration.identity);
    if (life === undefined || life.registration.epoch !== registration.epoch) return;
    if (step === "over" && life.buriedAt !== undefined) this.lives.delete(registration.identity);
    if (step === "expired" && life.buriedAt === undefined) {
      this.lives.set(registration.identity, { registration: life.registration, isBound: false, buriedAt: this.now });
    }
  }
}
