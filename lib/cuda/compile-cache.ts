/** Programs that were compiled before: a bounded number in memory, and more in a folder if there is one. */

import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** What a compilation answers, as it is kept. */
export interface Compiled {
  ptx: string;
  cubin: Uint8Array;
  log: string;
  /** By name expression. */
  lowered: [expression: string, name: string][];
}

export interface CompileCacheOptions {
  /**
   * A folder, made when it is needed, for programs of earlier processes. What lies in it is run on the
   * GPU, so nobody else may be able to write there. Never cleared by us.
   */
  directory?: string;
  /** How many programs this thread keeps in memory, an integer from 0 to 65536. Default 64. */
  entries?: number;
}

const DEFAULT_ENTRIES = 64;
/** Changes when the files do. */
const FORMAT = 1;

/** Oldest use first. */
const kept = new Map<string, Compiled>();
/** Asked for twice at the same time, it is compiled once. */
const underWay = new Map<string, Promise<Compiled | Refused>>();
let warned = false;

/** One word for all that decides about the result. */
export function keyOf(parts: readonly unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([FORMAT, ...parts]))
    .digest('hex');
}

export interface Found extends Compiled {
  /** Where it came from; `null`: it was compiled now. */
  from: 'memory' | 'directory' | null;
}

/** What NVRTC refuses. Not thrown: whoever waits for the same compilation makes an exception of its own. */
export interface Refused {
  status: number;
  call: string | null;
  log: string;
}

export function isRefused(answer: Compiled | Refused): answer is Refused {
  return 'status' in answer;
}

/** The program of that key, or what `compile` makes; a refusal is not kept. */
export async function cached(
  key: string,
  { directory, entries = DEFAULT_ENTRIES }: CompileCacheOptions,
  compile: () => Promise<Compiled | Refused>,
): Promise<Found | Refused> {
  const file = directory === undefined ? null : path.join(directory, `${key}.gpuex`);
  const known = kept.get(key);
  if (known !== undefined) keep(key, known, Math.max(entries, 1));
  const other = known ?? underWay.get(key);
  if (other !== undefined) {
    const answer = await other;
    if (isRefused(answer)) return answer;
    // Who compiled it may have named no folder, or another one.
    if (file !== null && !(await isThere(file))) await writeEntry(file, answer);
    return { ...answer, from: 'memory' };
  }

  let from: Found['from'] = null;
  const made = (async () => {
    const read = file === null ? null : await readEntry(file);
    if (read !== null) {
      from = 'directory';
      return read;
    }
    const answer = await compile();
    if (file !== null && !isRefused(answer)) await writeEntry(file, answer);
    return answer;
  })();
  underWay.set(key, made);
  try {
    const answer = await made;
    if (isRefused(answer)) return answer;
    keep(key, answer, entries);
    return { ...answer, from };
  } finally {
    underWay.delete(key);
  }
}

function keep(key: string, compiled: Compiled, entries: number): void {
  kept.delete(key);
  kept.set(key, compiled);
  for (const oldest of kept.keys()) {
    if (kept.size <= entries) return;
    kept.delete(oldest);
  }
}

const digest = (body: Uint8Array): Buffer => createHash('sha256').update(body).digest();

/** A digest of what follows, the length of the head, the head as JSON, the cubin. */
function encode({ ptx, cubin, log, lowered }: Compiled): Buffer {
  const head = Buffer.from(JSON.stringify({ ptx, log, lowered }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const body = Buffer.concat([length, head, cubin]);
  return Buffer.concat([digest(body), body]);
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** `null` for what is not there, was cut off or was changed. */
async function readEntry(file: string): Promise<Compiled | null> {
  try {
    const bytes = await readFile(file);
    const body = bytes.subarray(32);
    if (!digest(body).equals(bytes.subarray(0, 32))) return null;
    const end = 4 + body.readUInt32LE(0);
    const head = JSON.parse(body.toString('utf8', 4, end)) as Omit<Compiled, 'cubin'>;
    return { ...head, cubin: Uint8Array.from(body.subarray(end)) };
  } catch {
    return null;
  }
}

/** Others see all of it or nothing. That it cannot be kept is no reason to fail. */
async function writeEntry(file: string, compiled: Compiled): Promise<void> {
  const unfinished = `${file}.${randomUUID()}`;
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(unfinished, encode(compiled), { mode: 0o600 });
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    if (warned) return;
    warned = true;
    process.emitWarning(`A compiled program could not be kept in a folder: ${String(error)}`, {
      type: 'GpuExceptionsWarning',
      code: 'GPU_EXCEPTIONS_COMPILE_CACHE',
    });
  }
}
