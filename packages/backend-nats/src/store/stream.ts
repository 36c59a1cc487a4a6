/** The stream of a namespace: what it is called, how it is set up, and what the server says of it. */

import { encodeName } from "@muster/core/slots";
import { configInvalid, isRefusal, refusalError } from "../jetstream/errors.ts";
import type { JetStream } from "../jetstream/api.ts";
import { type Answer, ask } from "./questions.ts";

const MAX_NAME_LENGTH = 200;
const MAX_TOKEN_LENGTH = 1_024;
/** Epochs begin where the stream was created: further on with each millisecond than any server stores messages. */
const EPOCHS_PER_MS = 2 ** 12;
const FIRST_MS: number = Date.UTC(2024, 0, 1);

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
  jetStream: JetStream,
  names: StreamNames,
  operation: string,
): Promise<StreamState | undefined> {
  const info = await ask(jetStream, `STREAM.INFO.${names.name}`, {}, operation);
  return isRefusal(info?.error, "no stream") ? undefined : stateIn(info, names, operation);
}

/** How it is to be where there is none. */
export interface StreamWish {
  /** What was there before; the new one is younger, whatever the clocks say. */
  readonly former: Stream | undefined;
  readonly operation: string;
}

/** Creates it where there is none. @throws UNAVAILABLE, UNSUPPORTED, CONFIG_INVALID */
export async function ensureStream(
  jetStream: JetStream,
  names: StreamNames,
  { former, operation }: StreamWish,
): Promise<StreamState> {
  for (;;) {
    const found = await findStream(jetStream, names, operation);
    if (found !== undefined) return found;
    const birth = Math.max(Date.now() - FIRST_MS, (former?.epochBase ?? 0) / EPOCHS_PER_MS + 1);
    const config = {
      name: names.name,
      subjects: [`${names.root}${birth.toString(36)}.>`],
      retention: "limits",
      storage: jetStream.settings.storage,
      discard: "old",
      num_replicas: jetStream.settings.replicas,
      max_msgs_per_subject: 1,
    };
    const created = await ask(jetStream, `STREAM.CREATE.${names.name}`, config, operation);
    // Another process was quicker: it is found now.
    if (!isRefusal(created?.error, "name taken")) return stateIn(created, names, operation);
  }
}

function stateIn(info: Info | undefined, names: StreamNames, operation: string): StreamState {
  if (info === undefined || info.error !== undefined) throw refusalError(info?.error, { operation });
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
