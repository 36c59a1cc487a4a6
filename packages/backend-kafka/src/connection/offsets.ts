/** Where the logs of partitions begin and end. */

import { ANSWERS, BrokerAnswer } from "../errors.ts";
import { byLeader } from "./leaders.ts";
import type { Line } from "./line.ts";

const TIMESTAMPS = { end: -1, start: -2 } as const;
/** Everything that every replica has, transactions that are open included. */
const READ_UNCOMMITTED = 0;

interface OffsetsAnswer {
  readonly responses: readonly {
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number; readonly offset: string }[];
  }[];
}

/**
 * By partition: the offset that the next record accepted will have at least, or that of the first record that is kept, or
 * that of the first one that is as late as so many epoch ms; -1: none is.
 *
 * @throws BrokerAnswer, errors of kafkajs
 */
export async function offsetsOf(
  line: Line,
  topic: string,
  {
    at,
    partitions,
    leaders,
  }: { at: keyof typeof TIMESTAMPS | number; partitions: Iterable<number>; leaders: readonly number[] },
): Promise<ReadonlyMap<number, number>> {
  const groups = byLeader(partitions, leaders);
  if ([...groups.keys()].some((leader) => leader < 0)) throw new BrokerAnswer(ANSWERS.leaderNotAvailable);
  const offsets = new Map<number, number>();
  const askLeader = async ([leader, group]: readonly [number, readonly number[]]): Promise<void> => {
    const asking = await line.reach(leader);
    const wanted = group.map((partition) => ({ partition, timestamp: typeof at === "number" ? at : TIMESTAMPS[at] }));
    const args = { isolationLevel: READ_UNCOMMITTED, topics: [{ topic, partitions: wanted }] };
    const { responses } = (await asking("ListOffsets", args)) as OffsetsAnswer; // As the protocol has it.
    for (const { partition, errorCode, offset } of responses.flatMap((response) => response.partitions)) {
      if (errorCode !== ANSWERS.none) throw new BrokerAnswer(errorCode);
      offsets.set(partition, Number(offset));
    }
  };
  await Promise.all([...groups].map(askLeader));
  return offsets;
}
