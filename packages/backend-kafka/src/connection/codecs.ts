import { createRequire } from "node:module";

export interface Codec {
  compress(plain: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

/** The driver has places for codecs, by their numbers in the protocol, and fills but one. Node sees no name for them. */
const { CompressionCodecs: codecs } = createRequire(import.meta.url)("kafkajs") as {
  CompressionCodecs: Readonly<Record<number, (() => Codec) | undefined>>;
};

/** By the number that the protocol gives them. */
const NAMES: readonly string[] = ["none", "gzip", "snappy", "lz4", "zstd"];

/** `undefined` for 0, which is none. @throws MissingCodec */
export function codecOf(number: number): Codec | undefined {
  if (number === 0) return undefined;
  const codec = foundCodec(number);
  if (codec === undefined) throw new MissingCodec(NAMES[number] ?? `number ${number}`);
  return codec;
}

/** Whether batches can be compressed so; 0 is not at all. */
export function hasCodec(number: number): boolean {
  return number === 0 || foundCodec(number) !== undefined;
}

/** In those places that the driver does not fill stands who throws. */
function foundCodec(number: number): Codec | undefined {
  try {
    return codecs[number]?.();
  } catch {
    return undefined;
  }
}

/** Records can't be read, or written, without it. */
class MissingCodec extends Error {
  constructor(codec: string) {
    super(`${codec} is not among the CompressionCodecs of kafkajs`);
    this.name = "MissingCodec";
  }
}
