/** A fleet of devices on PostgreSQL and Kafka, served by three processes, one of which does not survive the demo. */

import { runDemo, tell } from "@muster/servers/demo";
import { openPlace, slotsAt } from "./composition.ts";
import { DEVICES } from "./devices.ts";
import { openFleet } from "./fleet.ts";
import { startGateway } from "./gateway-life.ts";
import { Site } from "./site.ts";
import { story } from "./story.ts";

process.exitCode = await runDemo("@muster/example-iot", async (audience) => {
  await using place = await openPlace();
  await using fleet = await openFleet(slotsAt(place.address));
  const start = () => startGateway(place.address);
  await using portugal = new Site(DEVICES.portugal, start);
  await using norway = new Site(DEVICES.norway, start);
  await using van = new Site(DEVICES.van, start);
  await tell(story({ fleet, portugal, norway, van }), audience);
});
