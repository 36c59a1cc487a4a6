import type { Sensor } from "../documents.ts";
import { SELECTION } from "../predicates.ts";
import type { Muster } from "../senders/muster.ts";
import type { Side } from "./endure.ts";

/** Whoever registers during the load receives in the loaded process itself. */
export function musterSide({ fleet, crew }: Muster, documents: readonly Sensor[], payload: string): Side {
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
