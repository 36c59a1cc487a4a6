#!/usr/bin/env node
import { command } from "./command.ts";

/** So long may what was closed take to be gone. */
const LINGER_MS = 2_000;

process.exitCode = await command(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
setTimeout(() => {
  process.stderr.write("Something of the subject still keeps the process open: end it in the subject's close()\n", () =>
    process.exit(),
  );
}, LINGER_MS).unref();
