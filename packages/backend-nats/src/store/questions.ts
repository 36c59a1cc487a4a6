/** Questions about the stream of a registry, any number at once. */

import { isMusterError } from "@muster/core/slots";
import { codedError } from "../errors.ts";
import type { JetStream } from "../jetstream/api.ts";
import type { ApiError } from "../jetstream/errors.ts";
import { NO_RESPONDERS, type Answer as Reply, type Request } from "../jetstream/requests.ts";

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
/** What is asked of nodes that have just lost their leader is never answered. */
const WRITE_PATIENCE_MS = 10_000;
const ASK_PATIENCE_MS = 2_000;

/**
 * All answers, in the order of the questions; `undefined` where nobody listens.
 *
 * @throws UNAVAILABLE with `mayHaveApplied`, when the connection breaks, and when there is no answer for too long;
 *   PERMISSION_DENIED, where the server does not permit a subject: what else was written may have been.
 */
export async function askMany(
  { requests }: JetStream,
  questions: readonly Question[],
  operation: string,
  patienceMs: number = WRITE_PATIENCE_MS,
): Promise<readonly (Answer | undefined)[]> {
  requests.link.check({ operation });
  const answers: (Answer | undefined)[] = [];
  if (questions.length === 0) return answers;
  let [asked, answered] = [0, 0];
  return new Promise((resolve, reject) => {
    const take = (index: number, { status, message }: Reply): void => {
      answers[index] = status === NO_RESPONDERS ? undefined : message.json<Answer>();
      answered += 1;
      if (answered === questions.length) resolve(answers);
      else if (asked - answered <= MAX_IN_FLIGHT / 2) askOn(); // Many at once, which leave together.
    };
    const give = (error: Error): void => {
      asked = questions.length; // No more are asked.
      const isRefused = isMusterError(error, "PERMISSION_DENIED");
      reject(isRefused ? codedError(error.cause, { operation, mayHaveApplied: questions.length > 1 }) : error);
    };
    const askOn = (): void => {
      for (const question of questions.slice(asked, answered + MAX_IN_FLIGHT)) {
        const index = asked;
        asked += 1;
        requests
          .ask(requestOf(question), operation, patienceMs)
          .then((reply) => take(index, reply))
          .catch(give);
      }
    };
    askOn();
  });
}

function requestOf({ subject, body, expected }: Question): Request {
  if (expected === undefined) return { subject, body };
  return { subject, body, headers: `Nats-Expected-Last-Subject-Sequence: ${expected}\r\n` };
}

/** Of the API. @throws as {@link askMany} */
export async function ask(
  jetStream: JetStream,
  method: string,
  body: object,
  operation: string,
): Promise<Answer | undefined> {
  const question = { subject: `${jetStream.settings.api}.${method}`, body: JSON.stringify(body) };
  const [answer] = await askMany(jetStream, [question], operation, ASK_PATIENCE_MS);
  return answer;
}
