/** What a probe was answered, as a failure: evidence for the reader, thrown by nobody. */

import { factsFromCode } from '../failure/code-facts.js';
import { makeFailure } from '../failure/make.js';
import type { GPUFailure, GPULibrary } from '../failure/types.js';

export interface Refusal {
  library: GPULibrary;
  /** `null`: no vendor status. */
  code: number | null;
  call: string | null;
}

export function failureOfProbe({ library, code, call }: Refusal, device: number): GPUFailure {
  const known = code === null ? null : factsFromCode(library, code);
  const facts = known ?? { category: code === null ? 'library' : 'unknown', library, code };
  return makeFailure({ ...facts, call, device }, 'probe');
}
