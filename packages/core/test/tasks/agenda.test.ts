import { createHook } from "node:async_hooks";
import { expect, test } from "vitest";
import { Agenda } from "../../src/tasks/agenda.ts";
import { eventually } from "../support/eventually.ts";

test("tasks run once each, in the order they are due", async () => {
  const agenda = new Agenda();
  const ran: string[] = [];
  agenda.after(40, () => void ran.push("late"));
  agenda.after(1, () => void ran.push("early"));
  await eventually("both ran", () => ran.length === 2);
  expect(ran).toEqual(["early", "late"]);
});

test("a disposed task doesn't run", async () => {
  const agenda = new Agenda();
  const ran: string[] = [];
  agenda.after(5, () => void ran.push("disposed"))[Symbol.dispose]();
  agenda.after(30, () => void ran.push("kept"));
  await eventually("the other ran", () => ran.length > 0);
  expect(ran).toEqual(["kept"]);
});

test("10,000 tasks need as many timers as one", () => {
  const agenda = new Agenda();
  let timers = 0;
  const hook = createHook({
    init(_id, type) {
      if (type === "Timeout") timers += 1;
    },
  });
  hook.enable();
  for (let task = 0; task < 10_000; task += 1) agenda.after(60_000 + task / 100, () => {});
  hook.disable();
  expect(timers).toBe(1);
  agenda.clear();
});

test("a task may plan the next one", async () => {
  const agenda = new Agenda();
  let runs = 0;
  const again = (): void => {
    runs += 1;
    if (runs < 3) agenda.after(1, again);
  };
  agenda.after(1, again);
  await eventually("it ran three times", () => runs === 3);
});
