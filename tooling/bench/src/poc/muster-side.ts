import type { Sensor } from "../documents.ts";
import { SELECTION } from "../predicates.ts";
import type { Fleet } from "@muster/core";
import type { Side } from "./endure.ts";

/** A fleet, and those who count what the others receive. */
export interface Served {
  readonly fleet: Fleet;
  readonly crew: { total(): Promise<number> };
}

/** Whoever registers during the load receives in the loaded process itself. */
export function musterSide({ fleet, crew }: Served, documents: readonly Sensor[], payload: string): Side {
  let receivedHere = 0;
  const onMessage = (): void => {
    receivedHere += 1;
  };
  return {
    async register(request) {
      await fleet.register(`late-${request}`, { ...documents[request % documents.length] }, { onMessage });
    },
    async enumerate() {
      await fleet.enumerate(SELECTION);
    },
    async multicast() {
      const { deliveredCount, targetCount } = await fleet.multicast(null, payload);
      return { delivered: deliveredCount, failed: targetCount - deliveredCount };
    },
    async received() {
      return receivedHere + (await crew.total());
    },
  };
}
