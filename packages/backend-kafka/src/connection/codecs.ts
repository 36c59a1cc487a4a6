import { createRequire } from "node:module";

export interface Codec {
  compress(plain: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

/** The driver has places for codecs, by their numbers in the protocol, and fills but one. Node sees no name for them. */
const { CompressionCodecs: codecs } = createRequire(import.meta.url)("kafkajs") as {
  CompressionCodecs: Readonly<Record<number, (() => Codec) | undefined>>;
};

/** `undefined` for 0, which is none. @throws errors of kafkajs: it is not there */
export function codecOf(number: number): Codec | undefined {
  return number === 0 ? undefined : codecs[number]?.();
}

/** Whether batches can be compressed so; 0 is not at all. */
export function hasCodec(number: number): boolean {
  try {
    return number === 0 || codecOf(number) !== undefined;
  } catch {
    return false;
  }
}
