import { withServer } from "@muster/servers/vitest";
import { expect, test } from "vitest";
import { compositionOf } from "../src/compositions.ts";
import { SCENARIOS } from "../src/scenarios/catalogue.ts";

/** Each once more, beside what it is played on by itself, so that every backend is in every slot that it can fill. */
const ON: Readonly<Record<string, string>> = {
  register: "sqlite",
  renew: "nats",
  enumerate: "postgres",
  multicast: "postgres",
  acknowledged: "redis+rabbitmq",
  durable: "nats",
  mixed: "postgres+nats",
  churn: "postgres+nats",
};

test("every scenario that is for any composition is played on one", () => {
  const composable = [...SCENARIOS.values()].filter(({ runOn }) => runOn !== undefined).map(({ name }) => name);
  expect(composable.toSorted()).toEqual(Object.keys(ON).toSorted());
});

// A scenario starts its own servers; these say whether there are any to be had.
await withServer("redis", {}, () =>
  withServer("nats", {}, () =>
    withServer("postgres", {}, () =>
      withServer("rabbitmq", {}, () => {
        test.each(Object.entries(ON))(
          "%s on %s does the same as in memory, and has nothing but numbers to tell",
          { timeout: 120_000 },
          async (name, on) => {
            const runOn = SCENARIOS.get(name)?.runOn ?? expect.fail();
            const { rows } = await runOn(compositionOf(on), { size: 200, rounds: 1, seconds: 1 });
            expect(rows.length).toBeGreaterThan(0);
            for (const { name, median } of rows) expect(median, name).not.toBeNaN();
          },
        );
      }),
    ),
  ),
);

test("what a composition lacks is named", async () => {
  const durable = SCENARIOS.get("durable")?.runOn ?? expect.fail();
  await expect(durable(compositionOf("sqlite"), { size: 10, rounds: 1 })).rejects.toThrow(
    "sqlite has nothing that fills the messaging slot",
  );
});
