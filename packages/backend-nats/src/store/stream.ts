/** The stream of a namespace: what it is called, how it is set up, and what the server says of it. */

import { encodeName, MusterError, type Circumstances } from "@muster/core/slots";
import { NAME, unavailable } from "../errors.ts";
import type { Answer, Requests } from "./requests.ts";

const MAX_NAME_LENGTH = 200;
const MAX_TOKEN_LENGTH = 1_024;
/** Epochs begin where the stream was created: further on with each millisecond than any server stores messages. */
const EPOCHS_PER_MS = 2 ** 12;
const FIRST_MS: number = Date.UTC(2024, 0, 1);

/** What the server calls things, as `err_code`. */
const NOT_FOUND = 10_059;
const NAME_TAKEN = 10_058;
const SUBJECTS_TAKEN = 10_065;
const NO_REPLICAS = 10_074;
const NOT_ENABLED: readonly number[] = [10_039, 10_076];
const CONFLICTS: readonly number[] = [10_071, 10_164];

/** One life of a stream: a namespace whose stream was deleted gets another, with other subjects. */
export interface Stream {
  readonly name: string;
  /** What stands before the identity, as {@link subjectOf} writes it. */
  readonly subjects: string;
  readonly epochBase: number;
}

export interface StreamState {
  readonly stream: Stream;
  /** Place of the last message; 0: there has been none. */
  readonly last: number;
  /** When the server looked, epoch ms; `undefined` before NATS 2.10. */
  readonly time: number | undefined;
}

interface Info extends Answer {
  readonly config?: { readonly subjects?: readonly string[] };
  readonly state?: { readonly last_seq?: number };
  readonly ts?: string;
}

export interface StreamNames {
  readonly name: string;
  /** What stands before what tells its lives apart. */
  readonly root: string;
}

export function streamNames(prefix: string, namespace: string): StreamNames {
  // Neither has a space in it, but either may have dots.
  const name = encodeName(`${prefix} ${namespace} registry`, MAX_NAME_LENGTH);
  // No address of the messaging slot has a `$`.
  return { name, root: `${prefix}.${encodeName(namespace, MAX_TOKEN_LENGTH)}.$registry.` };
}

export function subjectOf({ subjects }: Stream, identity: string): string {
  return `${subjects}k.${encodeName(identity, MAX_TOKEN_LENGTH)}`;
}

/** A subject beside those of identities, for what is only to be stamped. */
export function clockSubjectOf({ subjects }: Stream): string {
  return `${subjects}clock`;
}

/** @throws UNAVAILABLE; `undefined`: there is none. */
export async function findStream(
  requests: Requests,
  names: StreamNames,
  operation: string,
): Promise<StreamState | undefined> {
  const info = await requests.ask(`$JS.API.STREAM.INFO.${names.name}`, {}, operation);
  return info?.error?.err_code === NOT_FOUND ? undefined : stateIn(info, names, operation);
}

/** How it is to be where there is none. */
export interface StreamWish {
  readonly replicas: number;
  /** What was there before; the new one is younger, whatever the clocks say. */
  readonly former: Stream | undefined;
  readonly operation: string;
}

/** Creates it where there is none. @throws UNAVAILABLE, UNSUPPORTED, CONFIG_INVALID */
export async function ensureStream(
  requests: Requests,
  names: StreamNames,
  { replicas, former, operation }: StreamWish,
): Promise<StreamState> {
  for (;;) {
    const found = await findStream(requests, names, operation);
    if (found !== undefined) return found;
    const birth = Math.max(Date.now() - FIRST_MS, (former?.epochBase ?? 0) / EPOCHS_PER_MS + 1);
    const config = {
      name: names.name,
      subjects: [`${names.root}${birth.toString(36)}.>`],
      retention: "limits",
      storage: "file",
      discard: "old",
      num_replicas: replicas,
      max_msgs_per_subject: 1,
    };
    const created = await requests.ask(`$JS.API.STREAM.CREATE.${names.name}`, config, operation);
    // Another process was quicker: it is found now.
    if (created?.error?.err_code !== NAME_TAKEN) return stateIn(created, names, operation);
  }
}

function stateIn(info: Info | undefined, names: StreamNames, operation: string): StreamState {
  if (info === undefined || info.error !== undefined) throw apiError(info, { operation });
  const [subjects = ""] = info.config?.subjects ?? [];
  const birth = subjects.slice(names.root.length, -2);
  if (!subjects.startsWith(names.root) || !/^[0-9a-z]+$/.test(birth)) {
    throw configInvalid("prefix", `stream ${names.name} is of something else`);
  }
  const epochBase = Number.parseInt(birth, 36) * EPOCHS_PER_MS;
  const stream = { name: names.name, subjects: subjects.slice(0, -1), epochBase };
  const { state, ts } = info;
  return { stream, last: state?.last_seq ?? 0, time: ts === undefined ? undefined : Date.parse(ts) };
}

/** Another write of the same subject has come before. */
export function isConflict(answer: Answer | undefined): boolean {
  return CONFLICTS.includes(answer?.error?.err_code ?? 0);
}

/** Why JetStream has not done what it was asked for. */
export function apiError(answer: Answer | undefined, about: Circumstances): MusterError {
  if (answer?.error === undefined)
    return unavailable("nobody answers for the stream: it has no leader, or is gone", about);
  const { err_code: code = 0, description = "an unknown error" } = answer.error;
  if (NOT_ENABLED.includes(code)) return withoutJetStream(about);
  if (code === SUBJECTS_TAKEN) return configInvalid("prefix", description);
  if (code === NO_REPLICAS) return configInvalid("replicas", description);
  return unavailable(`JetStream refuses: ${description}`, about, answer.error);
}

export function withoutJetStream({ operation }: Circumstances): MusterError<"UNSUPPORTED"> {
  const message = "a registry needs JetStream, which the server, or this account, does not have";
  return new MusterError({
    code: "UNSUPPORTED",
    source: `${NAME}.${operation}`,
    message,
    detail: { feature: "JetStream" },
  });
}

function configInvalid(path: string, what: string): MusterError<"CONFIG_INVALID"> {
  const detail = { violations: [{ path, message: what }] };
  return new MusterError({ code: "CONFIG_INVALID", source: `${NAME}.open`, message: `${path}: ${what}`, detail });
}
