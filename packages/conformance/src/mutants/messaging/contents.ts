/** Bodies and headers that arrive as something else, or not at all. */

import { setImmediate as turn } from "node:timers/promises";
import type { BatchFailure } from "@muster/core/slots";
import { type Mutant, withMessaging } from "../../mutant.ts";
import { ownCall } from "../support.ts";
import { withDeliveries, withMessages, withPages } from "./support.ts";

const throughText: Mutant = {
  id: "messaging-payload-through-utf8",
  breaks: "Bodies travel as UTF-8 text.",
  kills: ["messaging/body/every-byte", "messaging/body/not-text", "messaging/body/one-byte"],
  of: (subject) =>
    withMessages(subject, (message) => ({
      ...message,
      body: new TextEncoder().encode(new TextDecoder().decode(message.body)),
    })),
};

const trimmed: Mutant = {
  id: "messaging-payload-ends-at-nul",
  breaks: "A body ends at its first zero byte.",
  kills: ["messaging/body/every-byte", "messaging/body/one-byte"],
  of: (subject) =>
    withMessages(subject, (message) => {
      const end = message.body.indexOf(0);
      return end < 0 ? message : { ...message, body: message.body.slice(0, end) };
    }),
};

const dropsEmpty: Mutant = {
  id: "messaging-empty-payload-dropped",
  breaks: "Messages with an empty body are accepted and thrown away.",
  kills: ["messaging/body/empty"],
  of: (subject) => withPages(subject, () => (page) => page.filter(({ body }) => body.length > 0)),
};

const wholeBuffer: Mutant = {
  id: "messaging-payload-takes-the-whole-buffer",
  breaks: "Of a body that is part of a buffer the whole buffer is sent.",
  kills: ["messaging/body/part-of-a-buffer"],
  of: (subject) => withMessages(subject, (message) => ({ ...message, body: new Uint8Array(message.body.buffer) })),
};

const cutLargest: Mutant = {
  id: "messaging-largest-payload-loses-a-byte",
  breaks: "The last byte of a body of the largest size is lost.",
  kills: ["messaging/body/largest"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      publishMany: async (batch, call) =>
        real.publishMany(
          batch.map((message) =>
            message.body.length === real.traits.maxPayloadBytes
              ? { ...message, body: message.body.subarray(0, -1) }
              : message,
          ),
          call,
        ),
    })),
};

const lateLimit: Mutant = {
  id: "messaging-payload-limit-checked-late",
  breaks: "A body over the limit is refused when the messages before it have been sent.",
  kills: ["messaging/body/too-large"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      async publishMany(batch, call): Promise<readonly BatchFailure[]> {
        const end = batch.findIndex(({ body }) => body.length > real.traits.maxPayloadBytes);
        if (end > 0) await real.publishMany(batch.slice(0, end), call);
        return real.publishMany(batch, call);
      },
    })),
};

const noLimit: Mutant = {
  id: "messaging-payload-limit-unchecked",
  breaks: "A body over the limit is cut to it instead of being refused.",
  kills: ["messaging/body/too-large"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      publishMany: async (batch, call) => {
        const { maxPayloadBytes } = real.traits;
        return real.publishMany(
          batch.map((message) => ({ ...message, body: message.body.subarray(0, maxPayloadBytes) })),
          call,
        );
      },
    })),
};

const keepsBuffer: Mutant = {
  id: "messaging-buffer-kept",
  breaks: "publishMany answers first and reads the publisher's bytes afterwards.",
  kills: ["messaging/body/free-after-publishing"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      async publishMany(batch): Promise<readonly BatchFailure[]> {
        turn()
          .then(async () => real.publishMany(batch, ownCall()))
          .catch(() => undefined); // Nobody hears of it, which is part of what is wrong.
        return [];
      },
    })),
};

const sharesBody: Mutant = {
  id: "messaging-receivers-share-a-body",
  breaks: "All inboxes get the same bytes, not copies.",
  kills: ["messaging/body/owned-by-the-receiver"],
  of(subject) {
    const bodies = new Map<string, Uint8Array>();
    return withDeliveries(subject, (delivery) => {
      const key = `${delivery.address} ${Buffer.from(delivery.body).toString("hex")}`;
      const body = bodies.get(key) ?? delivery.body;
      bodies.set(key, body);
      return { ...delivery, body };
    });
  },
};

const noHeaders: Mutant = {
  id: "messaging-headers-lost",
  breaks: "Messages arrive without their headers.",
  kills: ["messaging/headers/arrive", "messaging/headers/any-text", "messaging/headers/of-their-own-message"],
  of: (subject) => withDeliveries(subject, (delivery) => ({ ...delivery, headers: {} })),
};

const moreHeaders: Mutant = {
  id: "messaging-headers-of-the-broker",
  breaks: "Messages arrive with headers of the broker's beside their own.",
  kills: ["messaging/headers/none", "messaging/headers/arrive"],
  of: (subject) =>
    withDeliveries(subject, (delivery) => ({ ...delivery, headers: { ...delivery.headers, "x-broker": "1" } })),
};

function withValues(change: (value: string) => string): Mutant["of"] {
  return (subject) =>
    withMessages(subject, ({ headers, ...message }) => ({
      ...message,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, change(value)])),
    }));
}

const latinHeaders: Mutant = {
  id: "messaging-headers-as-latin1",
  breaks: "The values of headers travel as Latin-1.",
  kills: ["messaging/headers/any-text"],
  of: withValues((value) => Buffer.from(value, "latin1").toString("latin1")),
};

const trimmedHeaders: Mutant = {
  id: "messaging-headers-trimmed",
  breaks: "The values of headers lose the spaces at their ends.",
  kills: ["messaging/headers/any-text"],
  of: withValues((value) => value.trim()),
};

const batchHeaders: Mutant = {
  id: "messaging-headers-of-the-batch",
  breaks: "All messages of a batch carry the headers of its first.",
  kills: ["messaging/headers/of-their-own-message"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      publishMany: async (batch, call) =>
        real.publishMany(
          batch.map((message) => ({ ...message, headers: batch[0]?.headers ?? {} })),
          call,
        ),
    })),
};

const laterHeaders: Mutant = {
  id: "messaging-headers-of-a-neighbour",
  breaks: "In a long batch one message in a thousand carries the headers of the one before.",
  kills: ["messaging/headers/of-many-that-are-alike"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      publishMany: async (batch, call) =>
        real.publishMany(
          batch.map((one, index) =>
            index % 1_000 === 999 ? { ...one, headers: batch[index - 1]?.headers ?? {} } : one,
          ),
          call,
        ),
    })),
};

export const contentMutants: readonly Mutant[] = [
  ...[throughText, trimmed, dropsEmpty, wholeBuffer, cutLargest, lateLimit, noLimit, keepsBuffer, sharesBody],
  ...[noHeaders, moreHeaders, latinHeaders, trimmedHeaders, batchHeaders, laterHeaders],
];
