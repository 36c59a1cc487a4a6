/** What a parcel is called by relays: the numbers of its multicast and its own. */

export interface ParcelName {
  readonly multicast: number;
  readonly parcel: number;
}

const SHAPE = /^(\d{1,15})\.(\d{1,15})$/;

export function parcelName(multicast: string, parcel: string): string {
  return `${multicast}.${parcel}`;
}

/** `undefined`: this outbox has never given such a name. */
export function readParcelName(name: string): ParcelName | undefined {
  const [, multicast, parcel] = SHAPE.exec(name) ?? [];
  return parcel === undefined ? undefined : { multicast: Number(multicast), parcel: Number(parcel) };
}
