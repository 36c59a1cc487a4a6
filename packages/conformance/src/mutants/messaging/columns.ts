/** Publishing by column that is not what publishing each message would be. */

import { setImmediate as turn } from "node:timers/promises";
import {
  type BatchFailure,
  checkColumns,
  type MessagingBackend,
  type Outgoing,
  type OutgoingColumns,
  rowsOf,
} from "@muster/core/slots";
import { type Mutant, withMessaging } from "../../mutant.ts";
import type { Subject } from "../../subject.ts";
import { ownCall } from "../support.ts";

type Publish = (batch: OutgoingColumns, real: MessagingBackend) => Promise<readonly BatchFailure[]>;

function byColumn(subject: Subject, publish: Publish): Subject {
  return withMessaging(subject, (real) => ({ columns: { publishMany: async (batch) => publish(batch, real) } }));
}

/** The subject that makes these messages of the columns. */
function withRows(subject: Subject, rowsIn: (batch: OutgoingColumns) => readonly Outgoing[]): Subject {
  return byColumn(subject, async (batch, real) => real.publishMany(rowsIn(batch), ownCall()));
}

const ofANeighbour: Mutant = {
  id: "messaging-columns-of-a-neighbour",
  breaks: "By column, one message in a thousand carries its neighbour's headers.",
  kills: ["messaging/columns/each-message-as-its-row"],
  of: (subject) =>
    withRows(subject, (batch) => {
      const rows = rowsOf(batch);
      return rows.map((row, index) =>
        index % 1_000 === 999 ? { ...row, headers: rows[index - 1]?.headers ?? {} } : row,
      );
    }),
};

const ownOnly: Mutant = {
  id: "messaging-columns-without-what-is-shared",
  breaks: "By column, the headers that all messages share are left out.",
  kills: ["messaging/columns/each-message-as-its-row", "messaging/columns/any-text"],
  of: (subject) => withRows(subject, (batch) => rowsOf({ ...batch, headers: {} })),
};

const asAscii: Mutant = {
  id: "messaging-columns-as-ascii",
  breaks: "By column, values are copied byte by byte as if all of them were ASCII.",
  kills: ["messaging/columns/any-text"],
  of: (subject) =>
    withRows(subject, ({ columns, ...batch }) => {
      const ascii = (value: string): string => Buffer.from(value, "ascii").toString("ascii");
      const own = Object.entries(columns).map(([name, values]) => [name, values.map(ascii)] as const);
      return rowsOf({ ...batch, columns: Object.fromEntries(own) });
    }),
};

const uneven: Mutant = {
  id: "messaging-columns-of-any-length",
  breaks: "A column that is too short or too long is taken as if it were not.",
  kills: ["messaging/columns/refused-as-a-whole"],
  of: (subject) => withRows(subject, rowsOf),
};

const late: Mutant = {
  id: "messaging-columns-checked-one-by-one",
  breaks: "By column, what stands before an address that is none has left when it is refused.",
  kills: ["messaging/columns/refused-as-a-whole"],
  of: (subject) =>
    byColumn(subject, async (batch, real) => {
      const { traits, name } = real;
      checkColumns({ ...batch, addresses: batch.addresses.map(() => "any") }, traits, name);
      const failures: BatchFailure[] = [];
      for (const row of rowsOf(batch)) failures.push(...(await real.publishMany([row], ownCall())));
      return failures;
    }),
};

const numbered: Mutant = {
  id: "messaging-columns-failures-numbered-anew",
  breaks: "By column, failures are numbered by themselves and not by their addresses.",
  kills: ["messaging/columns/failures-by-address"],
  of: (subject) =>
    byColumn(subject, async (batch, real) => {
      const failures = (await real.columns?.publishMany(batch, ownCall())) ?? [];
      return failures.map(({ error }, index) => ({ index, error }));
    }),
};

const keptAfterwards: Mutant = {
  id: "messaging-columns-read-afterwards",
  breaks: "By column, publishing answers first and reads the publisher's columns afterwards.",
  kills: ["messaging/columns/free-after-publishing"],
  of: (subject) =>
    byColumn(subject, async (batch, real) => {
      turn()
        .then(async () => real.columns?.publishMany(batch, ownCall()))
        .catch(() => undefined); // Nobody hears of it, which is part of what is wrong.
      return [];
    }),
};

export const columnMutants: readonly Mutant[] = [
  ...[ofANeighbour, ownOnly, asAscii, uneven, late, numbered, keptAfterwards],
];
