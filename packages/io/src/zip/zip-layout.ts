/** Records of a zip file: how each begins, and its length without names and extras. PKWARE's APPNOTE 6.3. */
export const LOCAL = { signature: 0x04034b50, size: 30 };
export const CENTRAL = { signature: 0x02014b50, size: 46 };
export const END = { signature: 0x06054b50, size: 22 };
/** Of zip64: the end once more with sizes of 64 bits, and where that lies. */
export const END64 = { signature: 0x06064b50, size: 56 };
export const LOCATOR64 = { signature: 0x07064b50, size: 20 };

/** How an entry is packed. */
export const STORED = 0;
export const DEFLATED = 8;

/** Stands for a size that lies in a zip64 record. */
export const IN_ZIP64 = 0xffffffff;
/** Flag bits of an entry. */
export const ENCRYPTED = 1;
export const UTF8_NAME = 0x800;
