/** What the registry slot asks of the file. */

import type { Census, DeleteOutcome, LeaseOutcome } from "@muster/core/slots";
import { type Operation, reading, writing } from "../store/operation.ts";
import type { Row } from "../store/store.ts";
import { type DeleteManyArgs, deleteMany } from "./delete-many.ts";
import { areIndexed, type IndexArgs, makeIndexes } from "./indexes.ts";
import {
  type CountArgs,
  countMatching,
  type GetManyArgs,
  getMany,
  type PageArgs,
  readPage,
  takeCensus,
} from "./reading.ts";
import { type Claim, type ConfirmManyArgs, confirmMany, type ReapArgs, reap } from "./reap.ts";
import { type RenewManyArgs, renewMany } from "./renew-many.ts";
import { type SetManyArgs, type SetManyResult, setMany } from "./set-many.ts";

interface RegistryOperations {
  readonly setMany: Operation<SetManyArgs, SetManyResult>;
  readonly renewMany: Operation<RenewManyArgs, readonly LeaseOutcome[]>;
  readonly deleteMany: Operation<DeleteManyArgs, readonly DeleteOutcome[]>;
  readonly reap: Operation<ReapArgs, readonly Claim[]>;
  readonly confirmMany: Operation<ConfirmManyArgs, void>;
  readonly getMany: Operation<GetManyArgs, readonly (Row | undefined)[]>;
  readonly readPage: Operation<PageArgs, readonly Row[]>;
  readonly countMatching: Operation<CountArgs, number>;
  readonly takeCensus: Operation<{ readonly namespace: string }, Census>;
  readonly areIndexed: Operation<IndexArgs, boolean>;
  readonly makeIndexes: Operation<IndexArgs, void>;
}

export const REGISTRY_OPERATIONS: RegistryOperations = {
  setMany: writing(setMany),
  renewMany: writing(renewMany),
  deleteMany: writing(deleteMany),
  reap: writing(reap),
  confirmMany: writing(confirmMany),
  getMany: reading(getMany),
  readPage: reading(readPage),
  countMatching: reading(countMatching),
  takeCensus: reading(takeCensus),
  areIndexed: reading(areIndexed),
  makeIndexes: writing(makeIndexes),
};
