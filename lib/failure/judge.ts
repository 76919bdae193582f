/** The judge: from anything that was thrown to a GPU failure, or `null`. Never throws. */

import { hasBrand } from '../exceptions/brand.js';
import { isCancellation } from './against.js';
import { viewError } from './error-view.js';
import type { ErrorView } from './error-view.js';
import { fromException, fromStructure } from './from-structure.js';
import { fromWords } from './from-words.js';
import { judgementOf, objection, piece, stickyKey } from './judgement.js';
import type { Candidate, Hearing, JudgeContext, Judgement, Spoken } from './judgement.js';
import { makeFailure } from './make.js';
import { windowed } from './text.js';
import type { GPUFailure } from './types.js';
import { firstUserRule } from './user-rules.js';
import { walkCauses } from './walk-causes.js';

export type { JudgeContext, Judgement, Spoken } from './judgement.js';

/** Beyond every rule. */
const DECISIVE = 1000;

/** Whether to look inside: not into what was cancelled, nor into an exception of ours. */
function isEntered(value: unknown): boolean {
  if (hasBrand(value, 'FalServerlessException')) return false;
  const view = viewError(value);
  return view === null || !isCancellation(view);
}

function judgeOne(view: ErrorView, path: string, hearing: Hearing): Candidate | null {
  if (hasBrand(view.value, 'FalServerlessException')) {
    const own = fromException(view, path, hearing);
    if (own === null) hearing.spoken?.push(objection(view.name, path, DECISIVE));
    return own;
  }
  if (isCancellation(view)) {
    hearing.spoken?.push(objection(view.name || String(view.code), path, DECISIVE));
    return null;
  }
  return fromStructure(view, path, hearing) ?? fromWords(view, path, hearing);
}

/** `undefined`: no rule of the user's matched; `null`: one said that it is not the GPU's. */
function byUserRules(
  view: ErrorView,
  path: string,
  { context, spoken }: Hearing,
): Judgement | null | undefined {
  if (context.rules === undefined || context.rules.length === 0) return undefined;
  const found = firstUserRule(context.rules, view.value, windowed(view.message));
  if (found === null) return undefined;
  const id = `user:${String(found.at)}`;
  const matched = view.message.slice(0, 160);
  if ('veto' in found.rule) {
    spoken?.push({ ...objection(matched, path, DECISIVE), rule: id });
    return null;
  }
  spoken?.push({ ...piece(id, matched, path), weight: DECISIVE });
  const { evidence = 'message', ...facts } = found.rule.failure;
  const failure = makeFailure(facts, evidence);
  const judgement = judgementOf(view, path, failure, [id]);
  judgement.stickyText = stickyKey(failure);
  return judgement;
}

/**
 * Hears the error and everything inside it. The strongest evidence decides; of equals the outermost,
 * because it was told last.
 */
function hear(error: unknown, hearing: Hearing): Judgement | null {
  let best: Candidate | null = null;
  for (const { value, path } of walkCauses(error, isEntered)) {
    const view = viewError(value);
    if (view === null) continue;
    const users = byUserRules(view, path, hearing);
    if (users !== undefined) return users;
    const candidate = judgeOne(view, path, hearing);
    if (candidate !== null && (best === null || candidate.rank > best.rank)) best = candidate;
  }
  return best === null ? null : best.judgement;
}

/** Judges anything that was thrown. `null`: not the GPU's, or not to be told. Never throws. */
export function judge(error: unknown, context: JudgeContext = {}): Judgement | null {
  try {
    return hear(error, { context, spoken: null });
  } catch {
    return null; // hostile beyond what the views guard against, e.g. a stack that is used up
  }
}

/**
 * The GPU failure that an error is, or `null`. The guard's judgement without throwing: walks causes
 * and wrappers, stops at cycles, and never throws, whatever it is given.
 */
export function classifyGpuFailure(error: unknown): GPUFailure | null {
  return judge(error)?.failure ?? null;
}

/** A verdict with everything that was heard. Plain data. */
export interface Explanation {
  failure: GPUFailure | null;
  /** Where inside the error the verdict was found; `null` without one. */
  path: string | null;
  /** Ids of what decided. */
  decidedBy: readonly string[];
  /** Everything that spoke, for and against, in the order in which it was heard. */
  spoken: readonly Spoken[];
}

/** The same judgement with every rule that spoke and what it matched, for logs and bug reports. */
export function explainGpuFailure(error: unknown, context: JudgeContext = {}): Explanation {
  const spoken: Spoken[] = [];
  let judgement: Judgement | null = null;
  try {
    judgement = hear(error, { context, spoken });
  } catch {
    // As in `judge`: what was heard until then is still worth showing.
  }
  return {
    failure: judgement?.failure ?? null,
    path: judgement?.path ?? null,
    decidedBy: judgement?.rules ?? [],
    spoken,
  };
}
