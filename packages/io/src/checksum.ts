/** The polynomials of CRC-32, as zip, gzip and PNG use it, and of CRC-32C (Castagnoli), bits reversed. */
const [ZIP, CASTAGNOLI] = [0xedb88320, 0x82f63b78];

/** The cyclic redundancy check of bytes, going on from that of what came before them. */
type Checksum = (bytes: Uint8Array, before?: number) => number;

function checksum(polynomial: number): Checksum {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ polynomial : rest >>> 1;
    return rest;
  });
  return (bytes, before = 0) => {
    let crc = ~before;
    for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
    return ~crc >>> 0;
  };
}

export const crc32 = /* @__PURE__ */ checksum(ZIP);
export const crc32c = /* @__PURE__ */ checksum(CASTAGNOLI);
