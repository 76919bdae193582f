/** Verdicts that rest on words: the message, and the engine's log beside it. */

import { objectionOf } from './against.js';
import type { ErrorView } from './error-view.js';
import type { FailureFacts } from './facts.js';
import { readText } from './from-message.js';
import type { RuleMatch, TextVerdict } from './from-message.js';
import { isOpaque, readLog } from './judge-log.js';
import { Rank, judgementOf, objection, piece, stickyKey } from './judgement.js';
import type { Candidate, Hearing } from './judgement.js';
import { makeFailure } from './make.js';
import { Weight } from './rules/rule.js';
import type { GPUEvidence } from './types.js';

/** What the message says, unless the object itself says otherwise more strongly. */
export function fromWords(view: ErrorView, path: string, hearing: Hearing): Candidate | null {
  const { spoken } = hearing;
  const against = objectionOf(view);
  if (against !== null) spoken?.push(objection(against.reason, path, against.weight));
  const { verdict, vetoedBy } = read(view.message, path, hearing);
  if (verdict !== null && verdict.weight > (against?.weight ?? 0)) {
    return fromVerdict(verdict, view, path, hearing);
  }
  const silent = verdict === null && vetoedBy === null && against === null;
  return silent ? fromLog(view, path, hearing) : null;
}

function read(message: string, path: string, { spoken }: Hearing): ReturnType<typeof readText> {
  if (spoken === null) return readText(message);
  const sink: RuleMatch[] = [];
  const reading = readText(message, sink);
  for (const match of sink) spoken.push({ ...match, path });
  return reading;
}

function fromVerdict(
  verdict: TextVerdict,
  view: ErrorView,
  path: string,
  { context }: Hearing,
): Candidate {
  const told = withLog(verdict, context.logLines);
  const failure = makeFailure(told.facts, told.evidence);
  const judgement = judgementOf(view, path, failure, told.rules);
  judgement.stickyText = stickyKey(failure);
  return { judgement, rank: Rank.text + verdict.weight * 10 + (isTold(failure.category) ? 1 : 0) };
}

function isTold(category: FailureFacts['category']): boolean {
  return category !== 'unknown';
}

interface Told {
  facts: FailureFacts;
  evidence: GPUEvidence;
  rules: readonly string[];
}

/** A verdict without a cause or figures gets them from the log, if that knows more and agrees. */
function withLog({ facts, rule }: TextVerdict, lines: readonly string[] | undefined): Told {
  const plain: Told = { facts, evidence: 'message', rules: [rule] };
  const log = lines === undefined || lines.length === 0 ? null : readLog(lines);
  if (log === null) return plain;
  const rules = [rule, log.rule];
  if (!isTold(facts.category)) return { facts: log.facts, evidence: 'log', rules };
  if (log.facts.category !== facts.category) return plain;
  const filled: FailureFacts = {
    ...facts,
    library: facts.library ?? log.facts.library,
    device: facts.device ?? log.facts.device,
    call: facts.call ?? log.facts.call,
    code: facts.code ?? log.facts.code,
    name: facts.name ?? log.facts.name,
    requestedBytes: facts.requestedBytes ?? log.facts.requestedBytes,
  };
  return { facts: filled, evidence: 'message', rules };
}

/** Engines that keep the cause out of the error: "Failed to load model" and the like. */
function fromLog(view: ErrorView, path: string, { context, spoken }: Hearing): Candidate | null {
  if (context.logLines === undefined || !isOpaque(view.message)) return null;
  const log = readLog(context.logLines);
  if (log === null) return null;
  spoken?.push({ ...piece(log.rule, log.line.slice(0, 160), path), origin: 'the engine’s log' });
  const failure = makeFailure(log.facts, 'log');
  const judgement = judgementOf(view, path, failure, [log.rule]);
  judgement.stickyText = stickyKey(failure);
  return { judgement, rank: Rank.text + Weight.fair * 10 };
}
