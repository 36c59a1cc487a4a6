/** What JetStream refuses, in Muster's codes, and what of it is an answer. */

import { type Circumstances, MusterError } from "@muster/core/slots";
import { NAME, unavailable } from "../errors.ts";

/** As the API has it: `code` as in HTTP, `err_code` of its own. */
export interface ApiError {
  readonly code: number;
  readonly err_code?: number;
  readonly description?: string;
}

const CONSUMER_NOT_FOUND = 10_014;
const MESSAGE_NOT_FOUND = 10_037;
const NOT_ENABLED_FOR_ACCOUNT = 10_039;
const SEQUENCE_NOT_FOUND = 10_043;
const NOTHING_DELETED = 10_057;
const STREAM_NAME_IN_USE = 10_058;
const STREAM_NOT_FOUND = 10_059;
const SUBJECTS_OVERLAP = 10_065;
const WRONG_LAST_SEQUENCE = 10_071;
const REPLICAS_NOT_SUPPORTED = 10_074;
const NOT_ENABLED = 10_076;
const WRONG_LAST_SEQUENCE_OF_SUBJECT = 10_164;

/** Statuses of requests that may be granted when they are made again. */
const [TIMED_OUT, SERVER_ERRORS] = [408, 500];

export type Refusal = "conflict" | "no message" | "nothing to delete" | "name taken" | "no stream";

const REFUSALS: Readonly<Record<Refusal, readonly number[]>> = {
  conflict: [WRONG_LAST_SEQUENCE, WRONG_LAST_SEQUENCE_OF_SUBJECT],
  "no message": [MESSAGE_NOT_FOUND],
  "nothing to delete": [MESSAGE_NOT_FOUND, SEQUENCE_NOT_FOUND, NOTHING_DELETED],
  "name taken": [STREAM_NAME_IN_USE],
  "no stream": [STREAM_NOT_FOUND],
};

/** `conflict`: another write of the same subject has come before. */
export function isRefusal(error: ApiError | undefined, refusal: Refusal): boolean {
  return error?.err_code !== undefined && REFUSALS[refusal].includes(error.err_code);
}

/** What isn't there now may be there soon, of a stream that is made anew or finds a leader. @param error `undefined`: nobody has answered. */
export function refusalError(error: ApiError | undefined, about: Circumstances): MusterError {
  if (error === undefined) return unavailable("nobody answers for the stream: it has no leader, or is gone", about);
  const { code, err_code: detailed = 0, description = "an unknown error" } = error;
  const message = `JetStream: ${description} (${detailed})`;
  switch (detailed) {
    case NOT_ENABLED:
    case NOT_ENABLED_FOR_ACCOUNT:
      return withoutJetStream(about.operation);
    case SUBJECTS_OVERLAP:
      return configInvalid("prefix", description);
    case REPLICAS_NOT_SUPPORTED:
      return configInvalid("jetstream.replicas", description);
    case CONSUMER_NOT_FOUND:
    case STREAM_NOT_FOUND:
      return unavailable(message, about, error);
  }
  const isPassing =
    code >= SERVER_ERRORS || code === TIMED_OUT || /maximum|insufficient|resource|exceeds/i.test(description);
  if (isPassing) return unavailable(message, about, error);
  const { operation, mayHaveApplied = false } = about;
  return new MusterError({ code: "INTERNAL", source: `${NAME}.${operation}`, message, mayHaveApplied, cause: error });
}

export function withoutJetStream(operation: string, cause?: unknown): MusterError<"UNSUPPORTED"> {
  const message = "the server, or this account, has no JetStream: it is started with -js";
  const detail = { feature: "JetStream" };
  return new MusterError({ code: "UNSUPPORTED", source: `${NAME}.${operation}`, message, detail, cause });
}

/** The stream can't be as the option would have it. */
export function configInvalid(path: string, what: string): MusterError<"CONFIG_INVALID"> {
  const detail = { violations: [{ path, message: what }] };
  return new MusterError({ code: "CONFIG_INVALID", source: `${NAME}.open`, message: `${path}: ${what}`, detail });
}
