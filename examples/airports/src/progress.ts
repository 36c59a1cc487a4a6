/** Progress of a long step: a bar on a terminal, a few plain lines anywhere else. */

export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Progress {
  /** `done` of the total are done; called as often as convenient. */
  update(done: number): void;
  /** Clears the bar; plain lines stay. */
  end(): void;
}

const BAR_WIDTH = 30;
const CLEAR_LINE = "\r\u001B[K";

/** Draws on `stream`, with `label` in front. */
export function showProgress(stream: ProgressStream, label: string, total: number): Progress {
  return stream.isTTY === true ? bar(stream, label, total) : lines(stream, label, total);
}

function bar(stream: ProgressStream, label: string, total: number): Progress {
  let drawn = -1;
  return {
    update(done): void {
      const percent = Math.floor((100 * done) / total);
      if (percent === drawn) return;
      drawn = percent;
      const filled = Math.round((BAR_WIDTH * done) / total);
      const track = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
      stream.write(`${CLEAR_LINE}${label} ${track} ${percent}% (${done}/${total})`);
    },
    end(): void {
      stream.write(CLEAR_LINE);
    },
  };
}

function lines(stream: ProgressStream, label: string, total: number): Progress {
  let quarters = 0;
  return {
    update(done): void {
      const reached = Math.floor((4 * done) / total);
      if (reached === quarters) return;
      quarters = reached;
      stream.write(`${label}: ${done} of ${total}\n`);
    },
    end(): void {},
  };
}
