/** What the pattern's cases share. */

import type { MulticastOptions, MulticastReport } from "@muster/core";
import type { BatchFailure } from "@muster/core/slots";
import type { AnyFleet } from "../../pattern/process.ts";
import type { Scene } from "../../pattern/scene.ts";

type Counts = Partial<Record<"delivered" | "pending" | "failed" | "timeout", number>>;

/** The counts that aren't 0. */
export function countsOf(report: Omit<MulticastReport, "id">): Counts {
  const { deliveredCount, pendingCount, failedCount, timeoutCount } = report;
  const counts = { delivered: deliveredCount, pending: pendingCount, failed: failedCount, timeout: timeoutCount };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** A process whose multicasts can be followed by others as soon as they are in the store, whoever has handled them. */
export async function postman(scene: Scene): Promise<Postman> {
  const enqueued: (() => void)[] = [];
  const fleet = await scene.process({
    durability: (real) => ({
      async enqueueMany(...args): Promise<readonly BatchFailure[]> {
        const failures = await real.enqueueMany(...args);
        for (const tell of enqueued.splice(0)) tell();
        return failures;
      },
    }),
  });
  return {
    fleet,
    async post(to, text, options): Promise<{ readonly report: Promise<MulticastReport> }> {
      const done = new Promise<void>((resolve) => {
        enqueued.push(resolve);
      });
      const report = scene.send(fleet, to, text, options);
      await Promise.race([done, report]);
      return { report };
    },
  };
}

export interface Postman {
  readonly fleet: AnyFleet;
  /** Resolves when its first batch is in the store. */
  post(
    to: readonly string[] | null,
    text: string,
    options?: MulticastOptions,
  ): Promise<{ readonly report: Promise<MulticastReport> }>;
}

/** A process that does something else, once, between resolving whom to send to and sending. */
export async function senderThat(scene: Scene, before: () => Promise<void>): Promise<AnyFleet> {
  let isDue = true;
  const once = async (): Promise<void> => {
    if (!isDue) return;
    isDue = false;
    await before();
  };
  if (scene.isKept) {
    return scene.process({
      durability: (real) => ({
        async enqueueMany(...args): Promise<readonly BatchFailure[]> {
          await once();
          return real.enqueueMany(...args);
        },
      }),
    });
  }
  return scene.process({
    messaging: (real) => ({
      async publishMany(...args): Promise<readonly BatchFailure[]> {
        await once();
        return real.publishMany(...args);
      },
    }),
  });
}
