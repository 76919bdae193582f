/** What an engine's log says about a call that failed. */

import { fillFigures } from './extract.js';
import { telling } from './facts.js';
import type { FailureFacts } from './facts.js';
import { readText } from './from-message.js';
import { windowed } from './text.js';

/** Lines looked at, from the end: what was said last belongs to the failure. */
const MOST_LINES = 256;

/**
 * Errors that their engines word the same whatever the cause, which stands in the log only:
 * withcatai/node-llama-cpp src/evaluator/LlamaModel, LlamaContext and llama/addon;
 * ggml-org/whisper.cpp bindings; ollama/ollama llm/server.go.
 */
const OPAQUE =
  /^(?:Error: )?(?:Failed to (?:load model|create context|load (?:the )?(?:LoRA|lora)|initialize (?:whisper )?context|init(?:ialize)? (?:model|context))|failed to (?:load model|create context|initialize whisper context|process audio)|Eval has failed|Failed to (?:decode|evaluate|eval|encode)|llama runner process (?:has terminated|no longer running)|NoBinaryFoundError)/;

/** Whether an error of that text can be judged by the log beside it. */
export function isOpaque(message: string): boolean {
  return OPAQUE.test(message.slice(0, 200));
}

export interface LogReading {
  facts: FailureFacts;
  rule: string;
  line: string;
}

/** Lines behind the strongest one that belong to it: "current device: 1, in function …". */
const LINES_OF_ONE = 4;

/**
 * The strongest line of a log; of equals the most telling, then the first. Warnings after which the
 * engine went on do not count. Figures are filled in from the lines behind it and from other lines of
 * the same kind.
 */
export function readLog(lines: readonly string[]): LogReading | null {
  const last = lines.slice(-MOST_LINES);
  let best: Line | null = null;
  for (const [at, text] of last.entries()) {
    const next = readLine(text, at);
    if (next === null) continue;
    if (best === null || outweighs(next, best)) best = next;
    else if (best.facts.category === next.facts.category) best = merged(best, next);
  }
  if (best === null) return null;
  fillFigures(best.facts, windowed(last.slice(best.at, best.at + LINES_OF_ONE).join('\n')));
  return best;
}

interface Line extends LogReading {
  weight: number;
  at: number;
}

function readLine(line: string, at: number): Line | null {
  const { verdict } = readText(line);
  if (verdict === null || verdict.soft) return null;
  return { facts: verdict.facts, rule: verdict.rule, line, weight: verdict.weight, at };
}

function outweighs(next: Line, best: Line): boolean {
  if (next.weight !== best.weight) return next.weight > best.weight;
  return telling(next.facts.category) > telling(best.facts.category);
}

function merged(best: Line, { facts: other }: Line): Line {
  const { facts } = best;
  return {
    ...best,
    facts: {
      ...facts,
      library: facts.library ?? other.library,
      device: facts.device ?? other.device,
      requestedBytes: facts.requestedBytes ?? other.requestedBytes,
    },
  };
}
