import type { Sensor } from "../documents.ts";
import { handWritten } from "../predicates.ts";
import { Crew } from "../receivers/crew.ts";
import { rawPlans } from "../receivers/sharing.ts";
import { namesOf } from "../receivers/raw-receivers.ts";
import type { Contender } from "../rounds.ts";
import type { Side } from "./endure.ts";
import type { Reported } from "./load.ts";
import { ProofOfConcept } from "./proof-of-concept.ts";

/** The proof of concept as a contender and under load; its first receivers are in other processes. */
export class PocSide implements Side, Contender, AsyncDisposable {
  readonly name = "proof of concept";
  readonly #poc: ProofOfConcept;
  readonly #crew: Crew;
  readonly #documents: readonly Sensor[];
  readonly #payload: string;
  #receivedHere = 0;

  private constructor(poc: ProofOfConcept, crew: Crew, documents: readonly Sensor[], payload: string) {
    this.#poc = poc;
    this.#crew = crew;
    this.#documents = documents;
    this.#payload = payload;
  }

  static async open(
    urls: { readonly redis: string; readonly nats: string },
    documents: readonly Sensor[],
    payload: string,
  ): Promise<PocSide> {
    const plans = rawPlans({ broker: { at: "nats", url: urls.nats }, prefix: "poc.", size: documents.length });
    const crew = await Crew.start(plans);
    const poc = await ProofOfConcept.open(urls.redis, urls.nats);
    const subjects = plans.flatMap(({ prefix, share }) => namesOf(prefix, share));
    await Promise.all(documents.map((document, index) => poc.register(subjects[index] ?? "", document)));
    return new PocSide(poc, crew, documents, payload);
  }

  async run(): Promise<string> {
    const everyone = this.#crew.expectOneEach();
    await this.#poc.multicast(this.#payload);
    return `${await everyone} received`;
  }

  async register(request: number): Promise<void> {
    const [document] = this.#documents.slice(request % this.#documents.length);
    if (document === undefined) return;
    await this.#poc.register(`poc.late.${request}`, document, () => {
      this.#receivedHere += 1;
    });
  }

  async enumerate(): Promise<void> {
    this.#poc.enumerate(handWritten);
  }

  async multicast(): Promise<Reported> {
    return await this.#poc.multicast(this.#payload);
  }

  async received(): Promise<number> {
    return this.#receivedHere + (await this.#crew.total());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#poc[Symbol.asyncDispose]();
    await this.#crew[Symbol.asyncDispose]();
  }
}
