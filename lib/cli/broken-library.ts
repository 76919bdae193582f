/** Libraries that are not as they should be, made of whole ones: 64-bit little-endian ELF. */

const SHT_DYNSYM = 11;
const SECTION_BYTES = 64;
const SYMBOL_BYTES = 24;

/**
 * Takes an exported function away, as it is missing from an older library: its entry in the symbol
 * table gets another name. (The text itself is shared with other names that end on it.)
 *
 * @param library - the file's content; changed in place
 * @returns false: it does not export that name
 */
export function takeAway(library: Buffer, symbol: string): boolean {
  const table = Number(library.readBigUInt64LE(0x28));
  const section = (index: number): Buffer =>
    library.subarray(table + index * SECTION_BYTES, table + (index + 1) * SECTION_BYTES);
  const contents = (header: Buffer): Buffer => {
    const offset = Number(header.readBigUInt64LE(0x18));
    return library.subarray(offset, offset + Number(header.readBigUInt64LE(0x20)));
  };
  for (let index = 0; index < library.readUInt16LE(0x3c); ++index) {
    const header = section(index);
    if (header.readUInt32LE(4) !== SHT_DYNSYM) continue;
    const names = contents(section(header.readUInt32LE(0x28)));
    const symbols = contents(header);
    for (let at = 0; at < symbols.length; at += SYMBOL_BYTES) {
      const start = symbols.readUInt32LE(at);
      const defined = symbols.readUInt16LE(at + 6) !== 0;
      if (!defined || names.toString('latin1', start, names.indexOf(0, start)) !== symbol) continue;
      symbols.writeUInt32LE(start + 1, at);
      return true;
    }
  }
  return false;
}

/** A file that the loader refuses: "invalid ELF header". */
export function corrupted(library: Buffer): Buffer {
  const copy = Buffer.from(library);
  copy.fill(0, 0, 4);
  return copy;
}
