#!/usr/bin/env node
import { command } from "./command.ts";

const code = await command(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
// A subject may keep connections open, which would keep the process: end it, once everything is written.
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
