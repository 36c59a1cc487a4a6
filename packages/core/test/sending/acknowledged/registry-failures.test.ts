import { expect, test } from "vitest";
import { MusterError } from "../../../src/slots/index.ts";
import { openSender, STEADY } from "../../support/acknowledged-sender.ts";
import { rejected } from "../../support/codes.ts";
import { Fleets } from "../../support/fleets.ts";
import { interposed } from "../../support/interposed.ts";
import { failingScan } from "../../support/sending.ts";
import { names } from "../../support/world.ts";

test("when the registry fails after something was published, who was resolved is settled and the report says how far it came", async () => {
  await using fleets = new Fleets();
  const { fleet } = await fleets.open(STEADY);
  await Promise.all(names(250).map((name) => fleet.register(name, {}, { onMessage: () => {} })));
  const failure = new MusterError({ code: "INTERNAL", source: "test", message: "the registry broke" });
  await fleet.register("a-first", {}, { onMessage: () => {}, address: "own" });
  await using sender = await openSender(fleets.hub, { registry: failingScan(3, failure) });
  const { report, incomplete } = await sender.multicast();
  expect(report).toMatchObject({ targetCount: 200, deliveredCount: 200 });
  expect(incomplete).toEqual({ code: "INTERNAL", after: names(199).at(-1) });
});

test("a registry that fails before anything was published is thrown", async () => {
  await using fleets = new Fleets();
  const failure = new MusterError({ code: "INTERNAL", source: "test", message: "the registry broke" });
  await using sender = await openSender(fleets.hub, { registry: failingScan(1, failure) });
  const { fleet } = await fleets.open(STEADY);
  await fleet.register("ada", {}, { onMessage: () => {} });
  await rejected("INTERNAL", sender.multicast());
});

test("a registry that is down holds up nobody who is where it was", async () => {
  await using fleets = new Fleets();
  let asked = 0;
  await using sender = await openSender(fleets.hub, {
    registry: (plain) =>
      interposed(plain, {
        getMany: (original) => async (identities, call) => {
          if (!identities.includes("ada")) return await original(identities, call);
          asked += 1;
          throw new MusterError({ code: "UNAVAILABLE", source: "test", message: "away" });
        },
      }),
    onAcknowledgement: ({ attempt }) => (attempt === 1 ? "drop" : "pass"),
  });
  const { fleet } = await fleets.open(STEADY);
  await fleet.register("ada", {}, { onMessage: () => {} });
  expect((await sender.multicast()).report).toMatchObject({ deliveredCount: 1 });
  expect(asked).toBeGreaterThan(0);
});
