/** How far an image reaches by its own word: whoever loads one that was cut off reads beyond it. */

/** ELF-64 Object File Format, "File Header" and what follows; all of it in bytes. */
const HEADER = 64;
const SECTION = 64;
const SEGMENT = 56;

const ELF_64 = 2;
const LITTLE_ENDIAN = 1;

/** Counts that do not fit the header stand in the first section: `SHN_UNDEF` and `PN_XNUM`. */
const MANY_SEGMENTS = 0xffff;

/**
 * Sections that take no place in the file: `SHT_NULL`, `SHT_NOBITS`, and NVIDIA's own for global, local
 * and shared memory, as nvcc 13 writes them with `-rdc`.
 */
const WITHOUT_BYTES: ReadonlySet<number> = new Set([
  0, 8, 0x7000_0007, 0x7000_0009, 0x7000_000a, 0x7000_0015,
]);

const NO_SEGMENT = 0;

/** Larger numbers lose their last digits, and reach beyond any image all the same. */
const long = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/**
 * Where a cubin ends, in bytes: as far as its tables and what they speak of reach; more than there is
 * where it was cut off. `null`: an ELF file that is no cubin.
 */
export function elfEnd(view: DataView): number | null {
  const { byteLength } = view;
  if (byteLength < HEADER) return HEADER;
  if (view.getUint8(4) !== ELF_64 || view.getUint8(5) !== LITTLE_ENDIAN) return null;
  const [segments, sections] = [long(view, 32), long(view, 40)];
  let segmentCount = view.getUint16(56, true);
  let sectionCount = view.getUint16(60, true);
  if (segmentCount > 0 && view.getUint16(54, true) !== SEGMENT) return null;
  if (sections > 0) {
    if (view.getUint16(58, true) !== SECTION) return null;
    if (sections + SECTION > byteLength) return sections + SECTION;
    if (sectionCount === 0) sectionCount = long(view, sections + 32);
    if (segmentCount === MANY_SEGMENTS) segmentCount = view.getUint32(sections + 44, true);
  }
  const tables = Math.max(
    HEADER,
    sections > 0 ? sections + SECTION * sectionCount : 0,
    segmentCount > 0 ? segments + SEGMENT * segmentCount : 0,
  );
  if (tables > byteLength) return tables;
  let end = tables;
  for (let at = sections; sections > 0 && at < sections + SECTION * sectionCount; at += SECTION) {
    if (WITHOUT_BYTES.has(view.getUint32(at + 4, true))) continue;
    end = Math.max(end, long(view, at + 24) + long(view, at + 32));
  }
  for (let at = segments; at < segments + SEGMENT * segmentCount; at += SEGMENT) {
    if (view.getUint32(at, true) === NO_SEGMENT) continue;
    end = Math.max(end, long(view, at + 8) + long(view, at + 32));
  }
  return end;
}

const FAT_HEADER = 16;

/** Where a fat binary ends, in bytes; `null`: it is none. */
export function fatBinaryEnd(view: DataView): number | null {
  if (view.byteLength < FAT_HEADER) return FAT_HEADER;
  const header = view.getUint16(6, true);
  return header < FAT_HEADER ? null : header + long(view, 8);
}
