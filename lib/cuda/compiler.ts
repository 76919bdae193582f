/** Questions to NVRTC, which is asked on a thread of ours and may take as long as it likes. */

import type { NativeBinding } from '../native/binding.js';
import { loadBinding } from '../native/load.js';

export interface CompileRequest {
  source: string;
  name: string;
  arguments_: readonly string[];
  /** Names and texts in turn. */
  headers: readonly string[];
  expressions: readonly string[];
}

/** A status that is not 0 is a refusal. */
export type CompileAnswer = [
  status: number,
  call: string | null,
  log: string,
  ptx: string,
  cubin: ArrayBuffer,
  lowered: string[],
];

export function askToCompile(request: CompileRequest): Promise<CompileAnswer> {
  const { source, name, arguments_, headers, expressions } = request;
  return ask((binding, answer) => {
    binding.compile(source, name, arguments_, headers, expressions, answer);
  });
}

/** Which library compiles: another version makes other images, and the stand-in's are no code. */
export type Compiler = [version: string | null, path: string, mock: boolean];

/** Kept, so that a program that was compiled before waits for no compilation that is under way. */
let known: { compiler: Compiler; generation: number } | undefined;

/** Rejects with GPUException: there is no NVRTC. */
export async function compilerInUse(): Promise<Compiler> {
  const generation = loadBinding().librariesGeneration();
  if (known?.generation === generation) return known.compiler;
  const compiler = await ask<Compiler>((binding, answer) => {
    binding.compilerInUse(answer);
  });
  // One that would not say may do so when it is asked again.
  if (compiler[0] !== null) known = { compiler, generation };
  return compiler;
}

/** What a timer may wait at most, in milliseconds: it only keeps the process alive. */
const FOREVER = 2 ** 31 - 1;

function ask<Answer extends unknown[]>(
  put: (binding: NativeBinding, answer: (error: unknown, ...answer: Answer) => void) => void,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const alive = setInterval(() => undefined, FOREVER);
    try {
      put(loadBinding(), (error, ...answer) => {
        clearInterval(alive);
        if (error !== undefined) reject(error);
        else resolve(answer);
      });
    } catch (error) {
      clearInterval(alive);
      throw error;
    }
  });
}
