/** The cast: who serves whom, and where they are. */

import type { Device } from "./schema.ts";

const SENSOR = { device_type: "sensor" } as const;
const ACTUATOR = { device_type: "actuator" } as const;

/** By identity. */
export type Devices = Readonly<Record<string, Device>>;

/** By the process that serves them. */
export const DEVICES: Readonly<Record<"portugal" | "norway" | "van", Devices>> = {
  portugal: {
    "sensor-alfama": at(38.712, -9.13, { ...SENSOR, firmware_version: "1.8.4", battery_level: 0.07 }),
    "sensor-belem": at(38.697, -9.206, { ...SENSOR, firmware_version: "1.9.0", battery_level: 0.81 }),
    "sensor-faro": at(37.019, -7.931, { ...SENSOR, firmware_version: "1.9.0", battery_level: 0.19 }),
    "valve-chiado": at(38.71, -9.142, { ...ACTUATOR, firmware_version: "1.10.0", battery_level: 0.66 }),
  },
  norway: {
    "sensor-frogner": at(59.922, 10.704, { ...SENSOR, firmware_version: "1.9.3", battery_level: 0.24 }),
    "sensor-majorstuen": at(59.929, 10.716, { ...SENSOR, firmware_version: "1.10.0", battery_level: 0.92 }),
    "valve-torshov": at(59.935, 10.767, { ...ACTUATOR, firmware_version: "1.2.0", battery_level: 0.15 }),
  },
  van: {
    "tracker-7": at(38.742, -9.183, { ...SENSOR, firmware_version: "1.10.0-rc.1", battery_level: 0.58 }),
  },
};

function at(lat: number, lon: number, device: Omit<Device, "location">): Device {
  return { ...device, location: { lat, lon } };
}
