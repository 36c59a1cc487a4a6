import { expect, it } from "vitest";
import { memoryFaults } from "../../src/index.ts";
import { CALL } from "../support.ts";
import { fixture, send } from "./support.ts";

async function listening(faults = memoryFaults()) {
  const { client } = fixture();
  const [sender, outbox] = [await client(), await client(faults)];
  const rings: string[] = [];
  const bell = await outbox.bells?.listen(() => void rings.push("ring"), CALL);
  return { sender, outbox, bell, rings, faults };
}

it("rings for what another client commits", async () => {
  const { sender, rings } = await listening();
  await send(sender, "m", ["a"]);
  expect(rings).toEqual(["ring"]);
});

it("makes up for what was missed while the store was out of reach", async () => {
  const { sender, rings, faults } = await listening();
  faults.down("store");
  await send(sender, "m", ["a"]);
  await send(sender, "n", ["a"]);
  expect(rings).toEqual([]);
  faults.up("store");
  expect(rings).toEqual(["ring"]);
});

it("is silent once it was disposed of, its client is closed, or its process has died", async () => {
  for (const end of ["dispose", "close", "stop"] as const) {
    const { sender, outbox, bell, rings, faults } = await listening();
    if (end === "dispose") await bell?.[Symbol.asyncDispose]();
    else if (end === "close") await outbox.close();
    else faults.stop();
    await send(sender, "m", ["a"]);
    expect(rings, end).toEqual([]);
  }
});
