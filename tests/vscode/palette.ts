/** Makes a screenshot small: the same picture with at most 128 colours. */

import { deflateSync, inflateSync, crc32 } from "node:zlib";

const SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
const COLOURS = 128;

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Buffer;
}

/** The picture, as a PNG with a palette. Takes PNGs with eight bits for a channel, not interlaced. */
export function withPalette(png: Buffer): Buffer {
  const { width, height, channels, data } = decoded(png);
  const counts = new Map<number, number>();
  const colours = new Uint32Array(width * height);
  for (let pixel = 0; pixel < colours.length; pixel++) {
    const colour = data.readUIntBE(pixel * channels, 3);
    colours[pixel] = colour;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  // The frequent colours are those of surfaces and must be exact; the rest are the edges of letters.
  const palette = [...counts].sort((one, other) => other[1] - one[1]).map(([colour]) => colour).slice(0, COLOURS);
  const nearest = new Map(palette.map((colour, index) => [colour, index]));
  const rows = Buffer.alloc(height * (width + 1));
  colours.forEach((colour, pixel) => {
    let index = nearest.get(colour);
    if (index === undefined) {
      index = closest(palette, colour);
      nearest.set(colour, index);
    }
    rows[Math.floor(pixel / width) * (width + 1) + 1 + (pixel % width)] = index;
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const table = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", table),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function closest(palette: readonly number[], colour: number): number {
  const far = (other: number): number =>
    [16, 8, 0].reduce((sum, shift) => sum + (((other >> shift) & 255) - ((colour >> shift) & 255)) ** 2, 0);
  return palette.reduce((best, other, index) => (far(other) < far(palette[best] ?? 0) ? index : best), 0);
}

function chunk(name: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), content]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(content.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

function decoded(png: Buffer): Pixels {
  const packed: Buffer[] = [];
  let header = png.subarray(0, 0);
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const content = png.subarray(at + 8, at + 8 + length);
    const name = png.toString("latin1", at + 4, at + 8);
    if (name === "IHDR") {
      header = content;
    } else if (name === "IDAT") {
      packed.push(content);
    }
    at += length + 12;
  }
  const [width, height, channels] = [header.readUInt32BE(0), header.readUInt32BE(4), header[9] === 6 ? 4 : 3];
  if (header[8] !== 8 || (header[9] !== 2 && header[9] !== 6) || header[12] !== 0) {
    throw new Error("Only plain PNGs with eight bits for a channel are taken.");
  }
  const raw = inflateSync(Buffer.concat(packed));
  const stride = width * channels;
  const data = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row++) {
    const filter = raw[row * (stride + 1)] ?? 0;
    for (let column = 0; column < stride; column++) {
      const at = row * stride + column;
      const left = column < channels ? 0 : (data[at - channels] ?? 0);
      const up = row === 0 ? 0 : (data[at - stride] ?? 0);
      const corner = row === 0 || column < channels ? 0 : (data[at - stride - channels] ?? 0);
      const said = raw[row * (stride + 1) + 1 + column] ?? 0;
      data[at] = said + predicted(filter, left, up, corner);
    }
  }
  return { width, height, channels, data };
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    default: {
      const [byLeft, byUp, byCorner] = [
        Math.abs(up - corner),
        Math.abs(left - corner),
        Math.abs(left + up - 2 * corner),
      ];
      return byLeft <= byUp && byLeft <= byCorner ? left : byUp <= byCorner ? up : corner;
    }
  }
}
