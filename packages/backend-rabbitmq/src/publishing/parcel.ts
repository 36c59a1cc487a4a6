import type { Options } from "amqplib";
import type { Outgoing } from "@muster/core/slots";
import { ADDRESS_HEADER, propertiesOf } from "../codec.ts";
import { isCut, keyOf } from "../keys.ts";

const NOTHING = new Uint8Array();

/** A message as the driver takes it. */
export interface Parcel {
  readonly key: string;
  readonly properties: Options.Publish;
  readonly body: Uint8Array;
  /** As it stands in errors. */
  readonly address: string;
}

/** @throws INVALID_ARGUMENT */
export function parcelOf({ address, headers, body }: Outgoing): Parcel {
  const key = keyOf(address);
  const properties = propertiesOf(isCut(key) ? { ...headers, [ADDRESS_HEADER]: address } : headers);
  return { key, properties, body, address };
}

/** What expires at once is dropped unless somebody waits for it. */
export function pulseOf(key: string): Parcel {
  return { key, properties: { expiration: "0" }, body: NOTHING, address: key };
}
