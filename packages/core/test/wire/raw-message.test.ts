import fc from "fast-check";
import { expect, test } from "vitest";
import { awaitedHeaders, decodeRaw, messageColumns, replacedHeaders } from "../../src/wire/raw-message.ts";
import { type Headers, isMusterError, rowsOf } from "../../src/slots/index.ts";

const CONTENT = { id: "m-1", contentType: "text/plain", sentAt: 1_700_000_000_000, payload: Buffer.from("hi") };

function headersOf(identity: string, epoch: number): Headers {
  const [row] = rowsOf(messageColumns(CONTENT, { identities: [identity], epochs: [epoch] }, ["own"]));
  return row?.headers ?? expect.fail();
}

test("a foreign consumer finds the payload bare and everything else in headers", () => {
  expect(headersOf("zoë", 7)).toEqual({
    "muster-version": "1",
    "muster-id": "m-1",
    "muster-identity": "zoë",
    "muster-epoch": "7",
    "muster-sent-at": "1700000000000",
    "content-type": "text/plain",
  });
});

test("a raw message reads back with its recipient", () => {
  const frame = decodeRaw(headersOf("zoë", 2 ** 53 - 1), CONTENT.payload);
  expect(frame).toEqual({ kind: "raw", ...CONTENT, identity: "zoë", epoch: 2 ** 53 - 1, awaiting: undefined });
});

test("a raw message that is acknowledged has headers more, and reads back with where its acknowledgement goes", () => {
  const awaiting = { replyTo: "n.1", frame: 3, place: 17, attempt: 2 };
  const headers = awaitedHeaders(CONTENT, awaiting)("zoë", 7, 17);
  expect(headers).toEqual({
    ...headersOf("zoë", 7),
    "muster-reply-to": "n.1",
    "muster-frame": "3",
    "muster-place": "17",
    "muster-attempt": "2",
  });
  expect(decodeRaw(headers, CONTENT.payload)).toEqual({ kind: "raw", ...CONTENT, identity: "zoë", epoch: 7, awaiting });
});

test("the word that another life has taken over reads back", () => {
  expect(decodeRaw(replacedHeaders("ada", 3), new Uint8Array())).toEqual({
    kind: "replaced",
    identity: "ada",
    epoch: 3,
  });
});

test("what Muster did not send is refused as such", () => {
  expect(() => decodeRaw({}, new Uint8Array())).toThrow(/\[UNSUPPORTED\] .*not sent by Muster/);
  expect(() => decodeRaw({ ...headersOf("a", 1), "muster-version": "2" }, CONTENT.payload)).toThrow(/reads version 1/);
});

test("a header that is missing or makes no sense gives a coded error", () => {
  const names = Object.keys(headersOf("a", 1));
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.option(fc.string(), { nil: undefined }), (name, value) => {
      const { [name]: _, ...rest } = headersOf("a", 1);
      try {
        decodeRaw(value === undefined ? rest : { ...rest, [name]: value }, CONTENT.payload);
      } catch (error) {
        expect(isMusterError(error, "INTERNAL") || isMusterError(error, "UNSUPPORTED")).toBe(true);
      }
    }),
  );
  expect(() => decodeRaw({ ...headersOf("a", 1), "muster-epoch": "1e3" }, CONTENT.payload)).toThrow(
    /\[INTERNAL\].*muster-epoch/,
  );
});
