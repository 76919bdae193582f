/** From a tag to facts. */

import { factsFromCode } from './code-facts.js';
import type { FailureFacts } from './facts.js';
import { libraryNamed } from './libraries.js';
import type { GPUTag } from './types.js';

/**
 * The facts of a tag. `null` when its code says success or a mere status ("not ready"). A code that
 * the table does not know keeps its library and number; a library that is unknown keeps the code.
 * A tag without code is a library that could not be opened.
 */
export function fromTag(tag: GPUTag): FailureFacts | null {
  const library = libraryNamed(tag.library);
  const facts = factsOf(tag, library);
  if (facts === null) return null;
  return {
    ...facts,
    library,
    call: tag.call,
    device: tag.device,
    requestedBytes: tag.requestedBytes,
  };
}

function factsOf(tag: GPUTag, library: FailureFacts['library']): FailureFacts | null {
  if (tag.code === null) {
    const driver = library === 'cudart' || library === 'cuda' || library === 'nvml';
    return driver
      ? { category: 'no-device' }
      : { category: library === null ? 'unknown' : 'library', restart: 'environment' };
  }
  if (library === null || library === undefined) {
    return tag.code === 0 ? null : { category: 'unknown', code: tag.code };
  }
  return factsFromCode(library, tag.code);
}
