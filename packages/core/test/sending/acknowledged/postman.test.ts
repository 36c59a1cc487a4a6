import { memoryHub } from "@muster/backend-memory";
import { expect, test } from "vitest";
import { Encoder } from "../../../src/sending/acknowledged/post.ts";
import { Postman } from "../../../src/sending/acknowledged/postman.ts";
import { SentFrame } from "../../../src/sending/acknowledged/sent-frame.ts";
import { NODE_ADDRESS_PREFIX } from "../../../src/wire/addresses.ts";
import { eventually } from "../../support/eventually.ts";
import { interposed } from "../../support/interposed.ts";
import { CALL, names, openMessaging } from "../../support/world.ts";

const CONTENT = { id: "m-1", contentType: "text/plain", sentAt: 0, payload: Buffer.from("hi") };

test("a batch leaves in parts that double, and each frame is told of once", async () => {
  const sizes: number[] = [];
  const told: number[] = [];
  const messaging = interposed(await openMessaging(memoryHub()), {
    publishMany: (original) => async (batch, call) => {
      sizes.push(batch.length);
      return await original(batch, call);
    },
  });
  const postman = new Postman({
    messaging,
    encoder: new Encoder(CONTENT, `${NODE_ADDRESS_PREFIX}sender`, 0),
    events: { onLeaving: () => {}, onPublished: ({ number }) => void told.push(number) },
    call: CALL,
  });
  const address = `${NODE_ADDRESS_PREFIX}1`;
  const identities = names(500);
  const frames = Array.from({ length: 40 }, (_, number) => number);
  for (const number of frames) {
    const frame = new SentFrame(number, { identities, epochs: identities.map(() => 1), addresses: address });
    postman.add({ frame, address, attempt: 1, bytes: 14_000 });
  }
  postman.flush();
  await eventually("all have been told of", () => told.length === frames.length);
  expect(sizes).toEqual([5, 10, 19, 6]);
  expect(told.toSorted((a, b) => a - b)).toEqual(frames);
});
