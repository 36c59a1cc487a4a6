import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Contender, playRounds, Rounds } from "../src/rounds.ts";
import { Disagreement } from "../src/scenario.ts";

const OPTIONS = { rounds: 4, size: 10, minSampleMs: 0 };

/** Contenders that note when they run; warm-up is two runs each. */
function recorded(names: readonly string[]): { readonly contenders: readonly Contender[]; readonly ran: string[] } {
  const ran: string[] = [];
  const contenders = names.map((name) => ({
    name,
    prepare: () => {},
    run: () => {
      ran.push(name);
      return "same";
    },
  }));
  return { contenders, ran };
}

test("contenders take turns, and every second round in reverse", async () => {
  const { contenders, ran } = recorded(["a", "b", "c"]);
  await playRounds(contenders, OPTIONS);
  expect(ran.slice(6).join("")).toBe("abccbaabccba");
});

test("every contender has one sample a round", async () => {
  const { contenders } = recorded(["a", "b"]);
  const rounds = await playRounds(contenders, OPTIONS);
  expect(rounds.ratio("a", "b")).toHaveLength(4);
  expect(rounds.timings.map(({ name }) => name)).toEqual(["a", "b"]);
});

test("a contender that prepares runs once after each preparation", async () => {
  const steps: string[] = [];
  const prepare = async (): Promise<void> => {
    steps.push("prepare");
  };
  const run = async (): Promise<number> => {
    steps.push("run");
    return 1;
  };
  await playRounds([{ name: "a", prepare, run }], { rounds: 2, size: 1, minSampleMs: 0 });
  expect(steps.length).toBeGreaterThan(4);
  expect(steps.every((step, index) => step === (index % 2 === 0 ? "prepare" : "run"))).toBe(true);
});

test("different answers are a disagreement that names both contenders and both answers", async () => {
  const contenders = [
    { name: "left", run: () => "7 matches" },
    { name: "right", run: async () => "8 matches" },
  ];
  const played = playRounds(contenders, OPTIONS);
  await expect(played).rejects.toThrow(Disagreement);
  await expect(played).rejects.toThrow("right answers 8 matches, left answered 7 matches");
});

test("a contender that disagrees with itself later is caught too", async () => {
  let runs = 0;
  await expect(
    playRounds([{ name: "drifting", prepare: () => {}, run: () => Math.floor(runs++ / 4) }], OPTIONS),
  ).rejects.toThrow("drifting answers 1, drifting answered 0");
});

test("ratios and speedups are formed round by round, against that of several baselines which is fastest in all", () => {
  const times = { subject: [2, 4, 4], slow: [20, 8, 20], fast: [10, 16, 8] };
  const rounds = new Rounds(new Map(Object.entries(times)), 100);
  expect(rounds.ratio("subject", "slow")).toEqual([0.1, 0.5, 0.2]);
  expect(rounds.speedup("subject", "slow", "fast")).toEqual([5, 4, 2]);
});

test("a contender that is slower than another runs as often in a sample, and one that is much slower not so often", async () => {
  const ran: string[] = [];
  const taking = (name: string, ms: number): Contender => ({
    name,
    async run() {
      ran.push(name);
      await setTimeout(ms);
      return 1;
    },
  });
  const contenders = [taking("a", 10), taking("b", 20), taking("c", 400)];
  await playRounds(contenders, { rounds: 1, size: 1, minSampleMs: 50 });
  // Warm-up ends with two runs of the last.
  expect(ran.join("")).toMatch(/^a+b+cc(a{2,})(b{2,})c$/);
  const [, ofA, ofB] = /cc(a+)(b+)/.exec(ran.join("")) ?? [];
  expect(ofB).toHaveLength(ofA?.length ?? 0);
});

test("a timing tells the median and what it makes per second", () => {
  const rounds = new Rounds(new Map([["a", [1, 2, 50]]]), 100);
  expect(rounds.timings).toEqual([{ name: "a", medianMs: 2, perSecond: 50_000 }]);
});
