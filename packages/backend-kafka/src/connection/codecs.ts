import { createRequire } from "node:module";

/** The driver has places for codecs, by their numbers in the protocol, and fills but one. Node sees no name for them. */
const { CompressionCodecs: codecs } = createRequire(import.meta.url)("kafkajs") as {
  CompressionCodecs: Readonly<Record<number, unknown>>;
};

/** Whether batches can be compressed so; 0 is not at all. */
export function hasCodec(number: number): boolean {
  if (number === 0) return true;
  try {
    const codec = codecs[number];
    if (typeof codec === "function") Reflect.apply(codec, undefined, []); // Of one that is not there it throws.
    return codec !== undefined;
  } catch {
    return false;
  }
}
