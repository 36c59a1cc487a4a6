/** Where devices are served: by one life of a gateway after the other. */

import type { Devices } from "./devices.ts";
import type { GatewayLife } from "./gateway-life.ts";

export class Site implements AsyncDisposable {
  readonly #devices: Devices;
  readonly #startGateway: () => Promise<GatewayLife>;
  #starting: Promise<void> | undefined;
  #life: GatewayLife | undefined;
  #isGone = false;

  constructor(devices: Devices, startGateway: () => Promise<GatewayLife>) {
    this.#devices = devices;
    this.#startGateway = startGateway;
  }

  /** @throws Error unless it has been started. */
  get gateway(): GatewayLife {
    if (this.#life === undefined) throw new Error("nothing runs there");
    return this.#life;
  }

  /** A new process, which serves the same devices. */
  async start(): Promise<void> {
    if (this.#isGone) return; // The audience has left in the middle of the story.
    this.#starting = this.#startGateway().then((life) => {
      this.#life = life;
    });
    await this.#starting;
    await this.gateway.connect(this.#devices);
  }

  /** Its devices are offline. */
  async switchOff(): Promise<void> {
    await this.gateway.switchOff();
    await this.gateway[Symbol.asyncDispose]();
  }

  async kill(): Promise<void> {
    await this.gateway.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isGone = true;
    await this.#starting?.catch(() => undefined); // Whoever started it was told.
    await this.#life?.[Symbol.asyncDispose]();
  }
}
