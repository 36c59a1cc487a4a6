import { type Headers, isMusterError } from "@muster/core/slots";
import { assert, test } from "vitest";
import { addressIn, headersOf, propertiesOf } from "../src/codec.ts";

test("the content type and the id are properties, and all others stand in the table", () => {
  const headers = { "content-type": "text/plain", "muster-id": "m-1", "muster-identity": " é ", traceparent: "00-…" };
  assert.deepEqual(propertiesOf(headers), {
    contentType: "text/plain",
    messageId: "m-1",
    headers: { "muster-identity": " é ", traceparent: "00-…" },
  });
});

test("nothing is sent of headers that are not there", () => {
  assert.deepEqual(propertiesOf({}), {});
  assert.deepEqual(propertiesOf({ "content-type": "text/plain" }), { contentType: "text/plain" });
});

test("a content type that is too long for a property stands in the table, and comes back as it was", () => {
  const headers: Headers = { "content-type": "\u{1f600}".repeat(64) };
  const { contentType, headers: table } = propertiesOf(headers);
  assert.isUndefined(contentType);
  assert.deepEqual({ ...headersOf({ contentType: undefined, messageId: undefined, headers: table }) }, headers);
});

test.for([
  ["no name", ""],
  ["a name that is too long", "x".repeat(256)],
  ["a name that is no own key", "__proto__"],
])("%s is INVALID_ARGUMENT", ([, name = ""]) => {
  try {
    propertiesOf(Object.fromEntries([[name, "value"]]));
  } catch (error) {
    assert.isTrue(isMusterError(error, "INVALID_ARGUMENT"));
    return;
  }
  assert.fail("it was accepted");
});

test("of what foreign senders put into the table, text, numbers and booleans are headers, in lower case", () => {
  const table = { "X-Count": 7, "X-Flag": true, "X-Nothing": null, "X-Nested": { a: 1 }, "X-Empty": "", "x-text": "t" };
  const headers = headersOf({ contentType: "application/json", messageId: "m-1", headers: table });
  assert.deepEqual(
    { ...headers },
    { "content-type": "application/json", "muster-id": "m-1", "x-count": "7", "x-flag": "true", "x-text": "t" },
  );
});

test("the address that a key could not carry is no header of the delivery", () => {
  const headers = { "muster-address": "a", "x-other": "b" };
  assert.equal(addressIn({ headers }), "a");
  assert.deepEqual({ ...headersOf({ contentType: undefined, messageId: undefined, headers }) }, { "x-other": "b" });
  assert.isUndefined(addressIn({ headers: undefined }));
});
