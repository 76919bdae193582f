/** Verdicts that rest on the object: our own exceptions, tags, codes and classes. */

import { types } from 'node:util';

import { hasBrand } from '../exceptions/brand.js';
import { read } from './error-view.js';
import type { ErrorView } from './error-view.js';
import { telling } from './facts.js';
import type { FailureFacts } from './facts.js';
import { fromCode } from './from-code.js';
import { readText } from './from-message.js';
import { fromTag } from './from-tag.js';
import { Rank, judgementOf, piece } from './judgement.js';
import type { Candidate, Hearing } from './judgement.js';
import { makeFailure } from './make.js';
import { Weight } from './rules/rule.js';
import { readTag } from './tag.js';
import type { GPUFailure } from './types.js';

function isFailure(value: unknown): value is GPUFailure {
  return typeof value === 'object' && value !== null && typeof read(value, 'category') === 'string';
}

/** Of its own, so that who gets the verdict cannot change the exception, nor the other way round. */
function copied(failure: GPUFailure): GPUFailure {
  if (Object.isFrozen(failure)) return failure;
  const { memory } = failure;
  return Object.freeze({
    ...failure,
    memory: typeof memory === 'object' && memory !== null ? Object.freeze({ ...memory }) : memory,
  });
}

/** What one of our exceptions was made with, or what its class says. */
function failureOf(exception: object): GPUFailure {
  const kept = read(exception, 'failure');
  if (isFailure(kept)) return copied(kept);
  if (!hasBrand(exception, 'GPUOutOfMemoryException')) {
    return makeFailure({ category: 'unknown' }, 'message');
  }
  const cuda = hasBrand(exception, 'CUDAOutOfMemoryException');
  return makeFailure({ category: 'out-of-memory', library: cuda ? 'cudart' : null }, 'message');
}

/** One of our GPU exceptions yields its own failure. */
export function fromException(
  view: ErrorView,
  path: string,
  { spoken }: Hearing,
): Candidate | null {
  if (!hasBrand(view.value, 'GPUException')) return null;
  spoken?.push(piece('exception', view.name, path));
  const judgement = judgementOf(view, path, failureOf(view.value as object), ['exception']);
  judgement.passedThrough = true;
  return { judgement, rank: Rank.exception };
}

/** Tag, then code, then class. */
export function fromStructure(view: ErrorView, path: string, hearing: Hearing): Candidate | null {
  return fromOwnTag(view, path, hearing) ?? fromOwnCode(view, path, hearing);
}

function fromOwnTag(view: ErrorView, path: string, { spoken }: Hearing): Candidate | null {
  const tag = readTag(view.value);
  if (tag === null) return null;
  const facts = fromTag(tag);
  if (facts === null) return null;
  spoken?.push(piece('tag', `${tag.library} ${String(tag.code)}`, path));
  const failure = makeFailure(facts, 'tag');
  const judgement = judgementOf(view, path, failure, ['tag']);
  judgement.structured = true;
  // Of a library's tag and the runtime's in its cause, the one that says that the process is lost.
  return { judgement, rank: failure.sticky ? Rank.tag + 1 : Rank.tag };
}

function fromOwnCode(view: ErrorView, path: string, { spoken }: Hearing): Candidate | null {
  const reading = fromCode(view);
  if (reading === null) return null;
  const { facts, from, native } = reading;
  spoken?.push(piece(native ? 'code' : 'class', from, path));
  if (!native) {
    const failure = makeFailure(withTextOf(view, facts), 'code');
    return { judgement: judgementOf(view, path, failure, ['class']), rank: Rank.class };
  }
  const failure = makeFailure(refined(facts, view.message), 'code');
  const judgement = judgementOf(view, path, failure, ['code']);
  // A plain object or an answer over HTTP brings somebody else's code.
  judgement.structured = types.isNativeError(view.value) && view.status === null;
  return { judgement, rank: Rank.code };
}

/**
 * A code that names no cause, beside an engine's whole sentence about the same library that does:
 * `DXGI_ERROR_INVALID_CALL` from a device that was removed. The code itself stays.
 */
function refined(facts: FailureFacts, message: string): FailureFacts {
  const { verdict } = readText(message);
  if (verdict === null || verdict.facts.library !== facts.library) return facts;
  const { category, restart, remedy } = verdict.facts;
  const figures: FailureFacts = {
    ...facts,
    call: facts.call ?? verdict.facts.call,
    device: facts.device ?? verdict.facts.device,
    requestedBytes: facts.requestedBytes ?? verdict.facts.requestedBytes,
    freeBytes: facts.freeBytes ?? verdict.facts.freeBytes,
    totalBytes: facts.totalBytes ?? verdict.facts.totalBytes,
  };
  return telling(category) > telling(facts.category) && verdict.weight >= Weight.certain
    ? { ...figures, category, restart, remedy, retryable: undefined }
    : figures;
}

/** A class tells what failed; only the text beside it tells how much of what. */
function withTextOf(view: ErrorView, facts: FailureFacts): FailureFacts {
  const { verdict } = readText(view.message);
  return verdict?.facts.category === facts.category ? { ...facts, ...verdict.facts } : facts;
}
