import { withServer } from "@muster/servers/vitest";
import { expect, test } from "vitest";
import { SCENARIOS } from "../src/scenarios/catalogue.ts";
import { expectPromised } from "./promised.ts";

// A scenario starts its own servers; these say whether there are any to be had.
await withServer("redis", {}, () =>
  withServer("nats", {}, () =>
    withServer("postgres", {}, () =>
      withServer("rabbitmq", {}, () => {
        test.each([...SCENARIOS].filter(([, { needsServers = false }]) => needsServers))(
          "the contenders of %s do the same work with real servers and processes, every row has a number, and those that are promised something are there",
          { timeout: 240_000 },
          async (_, scenario) => {
            const { rows } = await scenario.run({ size: 400, rounds: 1, seconds: 1 });
            expect(rows.length).toBeGreaterThan(0);
            for (const { name, median } of rows) expect(median, name).toBeTypeOf("number");
            expectPromised(scenario.name, rows);
          },
        );
      }),
    ),
  ),
);
