/** NVIDIA's Xid events, and the CUDA runtime's numbers before 10.1: look-ups for readers of logs. */

import { oldCudartCodes } from './old-cudart-table.js';
import { xids } from './xid-table.js';
import type { XidAction, XidCause, XidKind } from './xid-table.js';

/** One Xid event. */
export interface Xid {
  readonly number: number;
  /** The driver's own name. */
  readonly name: string;
  /** What happened, in a few words. */
  readonly label: string;
  /**
   * `application`: most often the program's own doing. `notice`: reports that something was put
   * right. `follower`: only says more about another event.
   */
  readonly kind: XidKind;
  /** The most usual cause. */
  readonly cause: XidCause;
  readonly action: XidAction;
  /** `false`: NVIDIA's catalogue names no action for the number; this one is inferred. */
  readonly documented: boolean;
  /** One sentence for the person on call. */
  readonly remedy: string;
}

const REMEDIES: Readonly<Record<XidAction, string>> = {
  'restart-app':
    'Restart the program that used the GPU; if the same program brings it back, debug that (compute-sanitizer), else update the driver.',
  'reset-gpu':
    'Drain the GPU and reset it (nvidia-smi --gpu-reset), then restart what ran on it; if it comes back, have the board checked.',
  reboot: 'Drain the node and reboot it; if it comes back, update the driver.',
  'contact-support':
    'Take the GPU out of use, keep nvidia-bug-report.sh’s output, and ask the vendor of the machine.',
  ignore: 'Nothing has to be done about this event by itself.',
};

/** Where one action for a number says too little. */
const SPECIAL: Readonly<Record<number, string>> = {
  45: 'Look at the Xid before it: this one only reports that a program’s work was removed after another error, or that the program was ended.',
  63: 'Memory was repaired: the remap takes effect at the next reset of the GPU, so plan one.',
  94: 'Restart the program that met the memory error; the others on this GPU are not touched.',
  95: 'Drain the GPU and reset it: the memory error was not contained, so every program on it may have wrong data.',
  154: 'Do what the event’s own text says: it announces the recovery that the driver asks for.',
  156: 'Nothing has to be done now: a resource was retired, as it should be.',
  160: 'Nothing has to be done now: a repair of a memory channel was recorded for the next reset.',
  171: 'Look at the Xid 48 beside it, which this one only explains.',
  172: 'Look at the Xid 48 beside it, which this one only explains.',
};

/**
 * What an Xid event means and what to do about it, or `null` for a number that the table does not
 * know. Loads neither addon nor library. Rests on NVIDIA's Xid catalogue; see docs/xids.md.
 */
export function explainXid(number: number): Xid | null {
  const row = xids.find(([each]) => each === number);
  if (row === undefined) return null;
  const [, name, kind, cause, action, basis, label] = row;
  const remedy = SPECIAL[number] ?? REMEDIES[action];
  return { number, name, label, kind, cause, action, documented: basis === 'catalogue', remedy };
}

/**
 * The CUDA runtime code that stood for `number` before CUDA 10.1, where it changed since; else `null`.
 * For old logs alone: nothing is judged by these numbers.
 */
export function cudartCodeBefore10_1(
  number: number,
): { name: string; /** `null`: gone. */ codeSince: number | null } | null {
  const row = oldCudartCodes.find(([each]) => each === number);
  return row === undefined ? null : { name: row[1], codeSince: row[2] };
}
