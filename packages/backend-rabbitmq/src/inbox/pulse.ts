import { linkCall } from "@muster/core/slots";

const INTERVAL_MS = 5_000;

/** An inbox, as far as its pulse goes. */
export interface Patient {
  /** `undefined`: it knows that nothing reaches it. */
  readonly pulseKey: string | undefined;
  /** Nothing does, and it has not noticed. */
  renew(): void;
}

/** Where keys lead nowhere, by their places. */
export type Probe = (keys: readonly string[], call: ReturnType<typeof linkCall>) => Promise<readonly number[]>;

/**
 * The server tells nobody that an exchange has been deleted, and with it all its bindings: only what is sent there shows
 * it. So whoever has inboxes sends something to each of them now and then.
 */
export class Pulse {
  readonly #patients: Iterable<Patient>;
  readonly #probe: Probe;
  #timer: NodeJS.Timeout | undefined;

  constructor(patients: Iterable<Patient>, probe: Probe) {
    this.#patients = patients;
    this.#probe = probe;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.feel(), INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Now, and not only when its time comes. */
  feel(): void {
    this.#feel().catch(() => undefined); // Without a connection there is nothing to be felt; next time there may be.
  }

  async #feel(): Promise<void> {
    const patients = [...this.#patients];
    const keyed = patients.flatMap((patient) =>
      patient.pulseKey === undefined ? [] : [{ patient, key: patient.pulseKey }],
    );
    using call = linkCall({}, INTERVAL_MS, "rabbitmq.pulse");
    const dead = await this.#probe(
      keyed.map(({ key }) => key),
      call,
    );
    for (const index of dead) {
      const one = keyed[index];
      if (one !== undefined && one.patient.pulseKey === one.key) one.patient.renew();
    }
  }
}
