/** The process of one host: `agent-process.ts <host> <PostgreSQL URL> <schema>`. Serves until its parent lets it go. */

import { answerParent } from "@muster/servers/remote";
import { Agents } from "./agents.ts";
import { isHostName } from "./cast.ts";

const [host, url = "", schemaName = ""] = process.argv.slice(2);
if (!isHostName(host)) throw new Error(`there is no ${host}`);

answerParent(Agents.open(host, { url, schemaName }));
