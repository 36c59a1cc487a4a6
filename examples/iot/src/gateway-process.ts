/** The process of one gateway: `gateway-process.ts <address of the servers>`. Does what its parent asks, and ends with it. */

import { answerParent } from "@muster/servers/remote";
import { slotsAt } from "./composition.ts";
import { DeviceGateway } from "./device-gateway.ts";

const [address = ""] = process.argv.slice(2);

answerParent(DeviceGateway.open(slotsAt(address)));
