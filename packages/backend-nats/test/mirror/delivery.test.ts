import { expect, test } from "vitest";
import { deliveredIn } from "../../src/mirror/delivery.ts";

test.each([
  "$JS.ACK.stream.consumer.1.42.7.1796010405215165189.2",
  "$JS.ACK.hub.account.stream.consumer.1.42.7.1796010405215165189.2",
  "$JS.ACK.hub.account.stream.consumer.1.42.7.1796010405215165189.2.random",
])("place, number and time stand in %s", (reply) => {
  const delivered = deliveredIn({ reply });
  expect(delivered).toMatchObject({ sequence: 42, number: 7 });
  expect(delivered?.time).toBeCloseTo(1_796_010_405_215.165, 2);
});

test.each([undefined, "", "_INBOX.flow", "$JS.FC.stream.consumer.x"])("%s is no delivery", (reply) => {
  expect(deliveredIn(reply === undefined ? {} : { reply })).toBeUndefined();
});
