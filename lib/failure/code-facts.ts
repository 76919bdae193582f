/** Facts of a vendor code, from the one table. */

import { categoryOfUnknown, findCode } from '../codes/index.js';
import type { CodeRow, NamedCode } from '../codes/index.js';
import type { FailureFacts } from './facts.js';
import type { GPULibrary } from './types.js';

function factsOfRow(row: CodeRow, value: number | null, name: string): FailureFacts | null {
  if (row.status) return null;
  return {
    category: row.category,
    library: row.library,
    code: value,
    name,
    sticky: row.sticky,
    restart: row.restart,
    retryable: row.retryable,
    remedy: row.remedy,
  };
}

/**
 * A code whose library is known. `null` for success and for mere statuses ("not ready"); a number
 * that the table does not know keeps its library and number.
 */
export function factsFromCode(library: GPULibrary, code: number): FailureFacts | null {
  if (code === 0) return null;
  const row = findCode(library, code);
  if (row !== null) return factsOfRow(row, code, row.name);
  return { category: categoryOfUnknown(library, code), library, code };
}

/** A code found by its name; its number only where the name stands for one number. */
export function factsFromName(found: NamedCode, name: string): FailureFacts | null {
  return factsOfRow(found.row, found.value, name);
}
