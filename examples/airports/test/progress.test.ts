import { describe, expect, it } from "vitest";
import { showProgress } from "../src/progress.ts";

function record(isTTY: boolean): {
  readonly stream: { readonly isTTY: boolean; write(text: string): void };
  readonly written: string[];
} {
  const written: string[] = [];
  return { stream: { isTTY, write: (text) => void written.push(text) }, written };
}

describe("progress", () => {
  it("is a few whole lines where there is no terminal", () => {
    const { stream, written } = record(false);
    const progress = showProgress(stream, "Registering", 1000);
    for (let done = 10; done <= 1000; done += 10) progress.update(done);
    progress.end();
    expect(written).toEqual([
      "Registering: 250 of 1000\n",
      "Registering: 500 of 1000\n",
      "Registering: 750 of 1000\n",
      "Registering: 1000 of 1000\n",
    ]);
  });

  it("is one line that is drawn over and cleared on a terminal", () => {
    const { stream, written } = record(true);
    const progress = showProgress(stream, "Registering", 10);
    progress.update(5);
    progress.update(10);
    progress.end();
    expect(written).toEqual([
      `\r\u001B[KRegistering ${"█".repeat(15)}${"░".repeat(15)} 50% (5/10)`,
      `\r\u001B[KRegistering ${"█".repeat(30)} 100% (10/10)`,
      "\r\u001B[K",
    ]);
  });

  it("is not drawn again before it shows something new", () => {
    const { stream, written } = record(true);
    const progress = showProgress(stream, "Registering", 1000);
    progress.update(500);
    progress.update(501);
    expect(written).toHaveLength(1);
  });
});
