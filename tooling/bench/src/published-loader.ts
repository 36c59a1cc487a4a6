/** For `--import`: makes a process run what is published. */

import { register } from "node:module";

register("./published-hooks.js", import.meta.url);
