import { expect, test } from "vitest";
import { type MessagingBackend, MusterError } from "../../../src/slots/index.ts";
import { decodeFrame } from "../../../src/wire/frame.ts";
import { awaitedHeaders } from "../../../src/wire/raw-message.ts";
import { openAwaiting, outgoing, SENDER, spelledRuns } from "../../support/awaiting.ts";
import { eventually } from "../../support/eventually.ts";
import { interposed } from "../../support/interposed.ts";
import { CALL, names } from "../../support/world.ts";
import { Latch } from "../../support/latch.ts";

/** Notes of each batch that leaves a node how many it has, and whether it is to be confirmed. */
function asking(batches: (readonly [size: number, confirm: boolean])[]) {
  return (plain: MessagingBackend): MessagingBackend =>
    interposed(plain, {
      publishMany: (original) => async (batch, call, options) => {
        batches.push([batch.length, options?.confirm ?? true]);
        return await original(batch, call, options);
      },
    });
}

/** Counts what leaves a node, and can refuse it. */
function counting(batches: number[], refuse: (k: number) => boolean = () => false) {
  return (plain: MessagingBackend): MessagingBackend =>
    interposed(plain, {
      publishMany: (original) => async (batch, call) => {
        batches.push(batch.length);
        if (!refuse(batches.length)) return await original(batch, call);
        throw new MusterError({ code: "UNAVAILABLE", source: "test", message: "away" });
      },
    });
}

test("a frame that all have handled is acknowledged once, as one run", async () => {
  await using fixture = await openAwaiting();
  for (const name of names(500)) fixture.attach(name, () => {});
  await fixture.send(names(500), { frame: 7, attempt: 3 });
  await eventually("it is acknowledged", () => fixture.answers.length > 0);
  expect(fixture.answers).toEqual([
    { kind: "acknowledgement", id: "m-1", frame: 7, attempt: 3, runs: [[0, 499, 1]], reasons: [] },
  ]);
});

test("each outcome is told as it is", async () => {
  await using fixture = await openAwaiting();
  fixture.attach("handles", () => {});
  fixture.attach("rejects", (message) => message.reject("no"));
  fixture.attach("throws", () => Promise.reject(new Error("boom")));
  fixture.attach("may not", () => {}, { mayStart: () => false });
  fixture.node.expect("other epoch").attach(
    2,
    fixture.attach("whoever", () => {}),
  );
  await fixture.send(["handles", "rejects", "throws", "may not", "other epoch", "nobody"]);
  await eventually("it is acknowledged", () => fixture.answers.length > 0);
  expect(fixture.answers.map(spelledRuns)).toEqual([
    ["0-0 handled", "1-1 rejected", "2-2 thrown", "3-3 untried", "4-5 absent"],
  ]);
  expect(fixture.answers[0]?.reasons).toEqual([[1, "no"]]);
});

test("recipients are called by the places that the sender gave them", async () => {
  await using fixture = await openAwaiting();
  for (const name of ["ada", "bob", "eve"]) fixture.attach(name, () => {});
  await fixture.send(["ada", "bob", "eve"], { places: [4, 5, 900] });
  await eventually("it is acknowledged", () => fixture.answers.length > 0);
  expect(fixture.answers.map(spelledRuns)).toEqual([["4-5 handled", "900-900 handled"]]);
});

test("while one is slow the others are told of, again and again, and in the end all of them", async () => {
  await using fixture = await openAwaiting();
  const latch = new Latch();
  for (const name of names(100)) fixture.attach(name, () => {});
  fixture.attach("slow", () => latch.opened);
  await fixture.send([...names(50), "slow", ...names(100).slice(50)]);
  await eventually("it is acknowledged in part, twice", () => fixture.answers.length > 1);
  latch.open();
  await eventually("it is acknowledged in full", () => fixture.answers.some(({ runs }) => runs.length === 1));
  const partial = ["0-49 handled", "50-50 running", "51-100 handled"];
  const told = fixture.answers.map(spelledRuns);
  expect(told.slice(0, -1)).toEqual(told.slice(0, -1).map(() => partial));
  expect(told.at(-1)).toEqual(["0-100 handled"]);
});

test("what is known when all that has come is read is told before the event loop turns", async () => {
  const order: string[] = [];
  await using fixture = await openAwaiting((plain) =>
    interposed(plain, {
      publishMany: (original) => async (batch, call) => {
        order.push("answer");
        return await original(batch, call);
      },
    }),
  );
  fixture.attach("ada", () => void setImmediate(() => order.push("turn")));
  await fixture.send(["ada"]);
  await eventually("it is acknowledged", () => fixture.answers.length > 0);
  expect(order.indexOf("answer")).toBe(0);
});

test("acknowledgements of many frames leave in a few batches", async () => {
  const batches: number[] = [];
  await using fixture = await openAwaiting(counting(batches));
  for (const name of names(10)) fixture.attach(name, () => {});
  const frames = names(200, "m-").map((id) => outgoing(fixture.node, names(10), {}, id));
  await fixture.broker.publishMany(frames, CALL);
  await eventually("all are acknowledged", () => fixture.answers.length === 200);
  expect(batches.length).toBeLessThan(40);
});

test("an acknowledgement that could not be published is not published again, but a frame that comes again is answered", async () => {
  const batches: number[] = [];
  await using fixture = await openAwaiting(counting(batches, (k) => k === 1));
  let handled = 0;
  fixture.attach("ada", () => {
    handled += 1;
  });
  await fixture.send(["ada"]);
  await eventually("it was tried", () => fixture.warnings.length > 0);
  await fixture.node.flush(CALL);
  expect(batches).toEqual([1]);
  await fixture.send(["ada"], { attempt: 2 });
  await eventually("it is acknowledged", () => fixture.answers.length > 0);
  expect([handled, fixture.answers.map(spelledRuns)]).toEqual([1, [["0-0 handled"]]]);
});

test("whoever has detached since is told of as having handled what it had handled", async () => {
  await using fixture = await openAwaiting();
  fixture.attach("ada", () => {});
  await fixture.send(["ada"]);
  await eventually("it is acknowledged", () => fixture.answers.length === 1);
  fixture.node.detach("ada", 1);
  await fixture.send(["ada"], { attempt: 2 });
  await fixture.send(["ada"], {}, "m-2");
  await eventually("all are acknowledged", () => fixture.answers.length === 3);
  expect(fixture.answers.map(spelledRuns)).toEqual([["0-0 handled"], ["0-0 handled"], ["0-0 absent"]]);
});

test("single messages of one frame that are settled together are acknowledged together", async () => {
  const batches: number[] = [];
  await using fixture = await openAwaiting(counting(batches));
  const content = { id: "m-1", contentType: "text/plain", sentAt: 0, payload: Buffer.from("hi") };
  const headersOf = awaitedHeaders(content, { replyTo: SENDER, frame: 2, attempt: 1 });
  const singles = names(90).map((identity, place) => {
    if (place !== 40) fixture.attach(identity, () => {});
    return { address: `own.${identity}`, headers: headersOf(identity, 1, place), body: content.payload };
  });
  for (const { address } of singles) await fixture.node.addAddress(address, CALL);
  await fixture.broker.publishMany(singles, CALL);
  const count = (): number => fixture.answers.flatMap(({ runs }) => runs).reduce((sum, [a, b]) => sum + b - a + 1, 0);
  await eventually("all are acknowledged", () => count() === 90);
  expect(batches.length).toBeLessThan(10);
  expect(new Set(fixture.answers.map(({ id, frame, attempt }) => `${id} ${frame} ${attempt}`))).toEqual(
    new Set(["m-1 2 1"]),
  );
  expect(fixture.answers.flatMap(spelledRuns)).toContain("40-40 absent");
});

test("reasons that don't fit into a message are left out, and everything else is told", async () => {
  await using fixture = await openAwaiting((plain) =>
    interposed(plain, { traits: (traits) => ({ ...traits, maxPayloadBytes: 2_000 }) }),
  );
  const all = names(40);
  for (const name of all) fixture.attach(name, (message) => message.reject("x".repeat(100)));
  await fixture.send(all);
  await eventually("it is acknowledged", () => fixture.answers.length > 0);
  expect(fixture.answers.map(({ runs, reasons }) => [runs, reasons])).toEqual([[[[0, 39, 2]], []]]);
});

test("what a node has to tell when it is asked to flush has been told when that resolves", async () => {
  const published: string[] = [];
  await using fixture = await openAwaiting((plain) =>
    interposed(plain, {
      publishMany: (original) => async (batch, call) => {
        const failures = await original(batch, call);
        for (const { body } of batch) published.push(decodeFrame(body).kind);
        return failures;
      },
    }),
  );
  const [started, latch] = [new Latch(), new Latch()];
  const mailbox = fixture.attach("ada", () => {
    started.open();
    return latch.opened;
  });
  await fixture.send(["ada"]);
  await started.opened;
  latch.open();
  await mailbox.close();
  published.length = 0;
  await fixture.node.flush(CALL);
  expect(published).toContain("acknowledgement");
});

test("the broker is asked about the first answer, and about all the others when the node flushes", async () => {
  const batches: (readonly [size: number, confirm: boolean])[] = [];
  await using fixture = await openAwaiting(asking(batches));
  fixture.attach("ada", () => {});
  for (const id of names(3, "m-")) {
    const before = fixture.answers.length;
    await fixture.send(["ada"], {}, id);
    await eventually("it is acknowledged", () => fixture.answers.length > before);
  }
  const answered = [
    [1, true],
    [1, false],
    [1, false],
  ];
  expect(batches).toEqual(answered);
  await Promise.all([fixture.node.flush(CALL), fixture.node.flush(CALL)]);
  await fixture.node.flush(CALL);
  expect(batches).toEqual([...answered, [0, true]]);
});

test("the broker is asked again when much has left, and until it has taken something", async () => {
  const batches: (readonly [size: number, confirm: boolean])[] = [];
  let isAway = true;
  await using fixture = await openAwaiting((plain) =>
    asking(batches)(
      interposed(plain, {
        publishMany: (original) => async (batch, call, options) => {
          if (!isAway) return await original(batch, call, options);
          throw new MusterError({ code: "UNAVAILABLE", source: "test", message: "away" });
        },
      }),
    ),
  );
  for (const name of names(40)) fixture.attach(name, (message) => message.reject("x".repeat(500)));
  for (const id of names(12, "m-")) {
    const before = batches.length;
    isAway = before < 2;
    await fixture.send(names(40), {}, id);
    await eventually("it is answered", () => batches.length > before);
  }
  expect(batches.slice(0, 4).map(([, confirm]) => confirm)).toEqual([true, true, true, false]);
  expect(batches.slice(4).filter(([, confirm]) => confirm).length).toBeGreaterThanOrEqual(2);
  expect(batches.slice(4).filter(([, confirm]) => !confirm).length).toBeGreaterThanOrEqual(2);
});
