/** Questions to the server, any number at once, and its answers, which all come to one inbox. */

import type { Circumstances } from "@muster/core/slots";
import type { Msg, Subscription } from "@nats-io/transport-node";
import { codedError, unavailable } from "../errors.ts";
import type { Link } from "../connection/link.ts";
import type { ApiError } from "../jetstream/errors.ts";
import type { StreamSettings } from "../jetstream/options.ts";

export interface Question {
  readonly subject: string;
  readonly body: string;
  /** Place in the stream of the last message of its subject, 0: there is none. Otherwise it is not stored. */
  readonly expected?: number;
}

/** What JetStream answers: of each kind of answer the parts that are read here. */
export interface Answer {
  readonly error?: ApiError;
  /** Where a message has been stored. */
  readonly seq?: number;
  readonly [part: string]: unknown;
}

/** JetStream holds up writers that send more than this ahead. */
const MAX_IN_FLIGHT = 1_000;
const MAX_WRITE_LENGTH = 262_144;
/** What is asked of nodes that have just lost their leader is never answered. */
const WRITE_PATIENCE_MS = 10_000;
const ASK_PATIENCE_MS = 2_000;

interface Waiting {
  readonly subject: string;
  readonly answer: (answer: Answer | undefined) => void;
  readonly fail: (cause: unknown) => void;
  readonly refuse: (cause: Error) => void;
}

export class Requests {
  readonly settings: StreamSettings;
  readonly #link: Link;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #following: Disposable;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(link: Link, settings: StreamSettings) {
    this.settings = settings;
    this.#link = link;
    this.#inbox = link.newInbox();
    this.#subscription = link.listen(`${this.#inbox}.*`, (error, message) => {
      if (error === null) this.#take(message);
      else this.#failAll(error);
    });
    this.#following = link.follow({
      onRoute: (state) => {
        if (state === "down") this.#failAll(undefined);
      },
      onEnd: (error) => this.#failAll(error),
      onRefused: (subject, error) => this.#refuse(subject, error),
    });
  }

  /**
   * All answers, in the order of the questions; `undefined` where nobody listens.
   *
   * @throws UNAVAILABLE with `mayHaveApplied`, when the connection breaks, and when there is no answer for too long;
   *   PERMISSION_DENIED, where the server does not permit a subject: what else was written may have been.
   */
  async askMany(
    questions: readonly Question[],
    operation: string,
    patienceMs: number = WRITE_PATIENCE_MS,
  ): Promise<readonly (Answer | undefined)[]> {
    this.#link.check({ operation });
    if (questions.length === 0) return [];
    const asked: number[] = [];
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        const answers: (Answer | undefined)[] = [];
        const fail = (cause: unknown): void => reject(lost({ operation, mayHaveApplied: true }, cause));
        const refuse = (cause: Error): void =>
          reject(codedError(cause, { operation, mayHaveApplied: questions.length > 1 }));
        let answered = 0;
        const ask = (): void => {
          const room = MAX_IN_FLIGHT - (asked.length - answered);
          const next = questions.slice(asked.length, asked.length + room);
          const first = this.#last + 1;
          for (const { subject } of next) {
            const index = asked.length;
            this.#last += 1;
            asked.push(this.#last);
            this.#waiting.set(this.#last, {
              subject,
              fail,
              refuse,
              answer: (answer) => {
                answers[index] = answer;
                answered += 1;
                if (answered === questions.length) resolve(answers);
                else if (asked.length < questions.length && asked.length - answered <= MAX_IN_FLIGHT / 2) goOn();
              },
            });
          }
          this.#send(next, first);
        };
        const goOn = (): void => {
          if (this.#link.isUp) ask();
          else fail(undefined);
        };
        timer = setTimeout(() => fail(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
        timer.unref();
        ask();
      });
    } finally {
      clearTimeout(timer);
      for (const number of asked) this.#waiting.delete(number);
    }
  }

  /** @throws as {@link askMany} */
  async ask(subject: string, body: object, operation: string): Promise<Answer | undefined> {
    const [answer] = await this.askMany([{ subject, body: JSON.stringify(body) }], operation, ASK_PATIENCE_MS);
    return answer;
  }

  close(): void {
    this.#following[Symbol.dispose]();
    this.#failAll(undefined);
    this.#subscription.unsubscribe();
  }

  #send(questions: readonly Question[], first: number): void {
    let commands = "";
    for (const [index, question] of questions.entries()) {
      commands += commandOf(question, `${this.#inbox}.${first + index}`);
      if (commands.length < MAX_WRITE_LENGTH) continue;
      this.#link.outlet.send(Buffer.from(commands));
      commands = "";
    }
    if (commands !== "") this.#link.outlet.send(Buffer.from(commands));
  }

  #take(message: Msg): void {
    const number = Number(message.subject.slice(this.#inbox.length + 1));
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return;
    this.#waiting.delete(number);
    if (message.data.length === 0) waiting.answer(undefined);
    else waiting.answer(message.json());
  }

  #refuse(subject: string, cause: Error): void {
    for (const waiting of [...this.#waiting.values()]) if (waiting.subject === subject) waiting.refuse(cause);
  }

  #failAll(cause: unknown): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { fail } of all) fail(cause);
  }
}

function commandOf({ subject, body, expected }: Question, inbox: string): string {
  const bytes = Buffer.byteLength(body);
  if (expected === undefined) return `PUB ${subject} ${inbox} ${bytes}\r\n${body}\r\n`;
  const headers = `NATS/1.0\r\nNats-Expected-Last-Subject-Sequence: ${expected}\r\n\r\n`;
  return `HPUB ${subject} ${inbox} ${headers.length} ${headers.length + bytes}\r\n${headers}${body}\r\n`;
}

function lost(about: Circumstances, cause: unknown): Error {
  return unavailable("the server did not answer", about, cause);
}
