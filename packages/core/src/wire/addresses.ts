/** Telling the two kinds of address apart. */

/** Node addresses begin with this; an identity address that does is refused at registration. */
export const NODE_ADDRESS_PREFIX = "n.";

/** Whether one process serves everything that is published there, so that recipients share frames. */
export function isNodeAddress(address: string): boolean {
  return address.startsWith(NODE_ADDRESS_PREFIX);
}
