import { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { assert, test } from "vitest";
import { Outlet } from "../src/connection/outlet.ts";

/** A socket, and the pieces in which it was written to. */
function written(): { readonly socket: Duplex; readonly pieces: string[] } {
  const pieces: string[] = [];
  const socket = new Duplex({
    decodeStrings: false,
    read: () => undefined,
    write: (chunk: string, _, done) => {
      pieces.push(chunk);
      done();
    },
    writev: (chunks, done) => {
      pieces.push(chunks.map(({ chunk }) => String(chunk)).join(""));
      done();
    },
  });
  return { socket, pieces };
}

test("what is written in the next turn leaves in one piece, and what comes later by itself", async () => {
  const { socket, pieces } = written();
  const outlet = new Outlet(socket);
  for (const text of ["1", "2", "3"]) {
    setImmediate(() => void socket.write(text));
    outlet.gather();
  }
  await turn();
  await turn();
  assert.deepEqual(pieces, ["123"]);
  socket.write("4");
  assert.deepEqual(pieces, ["123", "4"]);
});

test("a socket that has been cut off meanwhile, and none at all, do no harm", async () => {
  const { socket, pieces } = written();
  const outlet = new Outlet(socket);
  outlet.gather();
  socket.destroy();
  new Outlet(undefined).gather();
  await turn();
  await turn();
  assert.deepEqual(pieces, []);
});
