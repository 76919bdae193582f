/** What PTX says about a kernel's parameters beyond their sizes. */

export type ParameterKind = 'integer' | 'float' | 'bytes';

/** One parameter of a kernel. */
export interface KernelParameter {
  /** Where it lies among the arguments, in bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  /**
   * `integer` (pointers, too), `float`, or `bytes` for a struct; `null` where the image does not tell:
   * only PTX does.
   */
  readonly kind: ParameterKind | null;
}

const ONE =
  /\.param\s+(?:\.align\s+(\d+)\s+)?\.([usbf])(\d+)(?:\s+\.ptr[^,[]*?)?\s+[\w$]+(?:\[(\d+)\])?\s*(?:,|$)/y;

/** The parameters of `.entry name(…)` in PTX (PTX ISA, "Kernel Function Parameters"); `null`: it is not read. */
export function ptxParameters(ptx: string, name: string): KernelParameter[] | null {
  const entry = `.entry ${name}`;
  for (let at = ptx.indexOf(entry); at !== -1; at = ptx.indexOf(entry, at + 1)) {
    const rest = /\s*([({])/y;
    rest.lastIndex = at + entry.length;
    const opened = rest.exec(ptx)?.[1];
    if (opened === '{') return [];
    if (opened === '(')
      return read(ptx.slice(rest.lastIndex, ptx.indexOf(')', rest.lastIndex)).trim());
  }
  return null;
}

function read(list: string): KernelParameter[] | null {
  const found: KernelParameter[] = [];
  let end = 0;
  ONE.lastIndex = 0;
  while (ONE.lastIndex < list.length) {
    const at = ONE.lastIndex;
    const gap = /\s*/y;
    gap.lastIndex = at;
    gap.exec(list);
    ONE.lastIndex = gap.lastIndex;
    const [, aligned, type, bits, count] = ONE.exec(list) ?? [];
    if (type === undefined) return null;
    const each = Number(bits) / 8;
    const size = each * Number(count ?? 1);
    const alignment = Number(aligned ?? each);
    const offset = Math.ceil(end / alignment) * alignment;
    end = offset + size;
    const kind = count !== undefined ? 'bytes' : type === 'f' ? 'float' : 'integer';
    // `.b32` may be either.
    found.push({ offset, size, kind: type === 'b' && kind === 'integer' ? null : kind });
  }
  return found;
}
