import { withServer } from "@muster/servers/vitest";
import { expect, test } from "vitest";
import { compositionOf } from "../src/compositions.ts";
import { SCENARIOS } from "../src/scenarios/catalogue.ts";

const COMPOSABLE = [...SCENARIOS].flatMap(([name, { runOn }]) => (runOn === undefined ? [] : [{ name, runOn }]));
// Each backend in each slot that it can fill; the scenarios themselves have been played on others.
const COMPOSITIONS = ["postgres", "nats", "redis+rabbitmq"];

// A scenario starts its own servers; these say whether there are any to be had.
await withServer("redis", {}, () =>
  withServer("nats", {}, () =>
    withServer("postgres", {}, () =>
      withServer("rabbitmq", {}, () => {
        test.each(COMPOSITIONS.flatMap((on) => COMPOSABLE.map((scenario) => ({ on, ...scenario }))))(
          "$name on $on does the same as in memory, and has nothing but numbers to tell",
          { timeout: 120_000 },
          async ({ on, runOn }) => {
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
