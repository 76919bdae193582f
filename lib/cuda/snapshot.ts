/** Everything about all devices at once, and never for longer than asked. */

import { GPUException } from '../exceptions/index.js';
import type { GPUFailure } from '../failure/types.js';
import type { AnswerCallback, NativeDevice, NativeProcess } from '../native/answers.js';
import { loadBinding } from '../native/load.js';
import { checkOptions, timeoutOption } from './arguments.js';
import { contextHealth } from './context-health.js';
import type { ContextHealth } from './context-health.js';
import { toDeviceInfo } from './device-info.js';
import type { DeviceInfo } from './device-info.js';
import { toProcesses } from './processes.js';
import type { GPUProcess } from './processes.js';
import { Questions, within } from './questions.js';

export interface SnapshotOptions {
  /** Longest wait in milliseconds, an integer from 1 to 2147483647. Default 1000. */
  timeoutMs?: number;
}

/** One device; what had not been answered in time is `null`. */
export interface DeviceSnapshot extends DeviceInfo {
  /** As `processes()` answers. */
  processes: GPUProcess[] | null;
  /** As `contextHealth()` answers. */
  health: ContextHealth | null;
  /** The first refusal met: why something is `null` that would be known otherwise. */
  failure: GPUFailure | null;
  /** Not all of it was answered in time. */
  timedOut: boolean;
}

export interface Snapshot {
  /** When it was taken: the time of the call, in ISO 8601. */
  takenAt: string;
  /** By CUDA ordinal. `null`: not even their number is known, because time was up or `failure`. */
  devices: DeviceSnapshot[] | null;
  /** Why there are no devices, e.g. no driver. */
  failure: GPUFailure | null;
  /** Something was not answered in time. */
  timedOut: boolean;
}

const LATE = Symbol('late');
const ALL = -1;
const known = new Questions<NativeDevice[]>();
const identified = new Questions<NativeDevice>();
const measured = new Questions<NativeDevice>();
const listed = new Questions<NativeProcess[] | null>();

/**
 * Devices, memory, processes and context health, read off the event loop: two threads of our own for
 * each device, one for the driver and one for NVML, so that neither holds up the other, the loop or
 * another device. With NVML that hangs, names and health are there; with a context that hangs, memory
 * and processes. What has not been answered when `timeoutMs` is over is `null`, with `timedOut`; the
 * question stays with the driver and is not asked a second time while it is open. Without a driver
 * `failure` says so.
 *
 * Initialises the driver and NVML; creates no CUDA context and never synchronises. The last error is
 * not in it, because it belongs to a thread. Keeps the process alive until it is settled, and does
 * not keep it from ending. Not verified on hardware.
 *
 * @returns rejects with TypeError or RangeError for wrong options, and with GPUException only when
 * the native addon itself is not built.
 */
export async function snapshot(options: SnapshotOptions = {}): Promise<Snapshot> {
  const { timeoutMs } = checkOptions(options, ['timeoutMs']);
  const limit = timeoutOption(timeoutMs, 1000);
  const end = performance.now() + limit;
  const binding = loadBinding();
  const answer: Snapshot = {
    takenAt: new Date().toISOString(),
    devices: null,
    failure: null,
    timedOut: false,
  };

  const all = known.ask(ALL, () => asked((callback) => binding.knowDevices(callback)));
  try {
    const devices = await within(all, limit, LATE);
    if (devices === LATE) return { ...answer, timedOut: true };
    answer.devices = await Promise.all(Array.from(devices, (device) => look(device, end)));
    answer.timedOut = answer.devices.some((device) => device.timedOut);
  } catch (error) {
    answer.failure = failureIn(error);
  }
  return answer;
}

async function look(native: NativeDevice, end: number): Promise<DeviceSnapshot> {
  const { device } = native;
  const binding = loadBinding();
  const left = Math.max(1, Math.ceil(end - performance.now()));
  const inTime = <T>(questions: Questions<T>, ask: Ask<T>): Promise<Settled<T>> =>
    settled(
      within(
        questions.ask(device, () => asked(ask)),
        left,
        LATE,
      ),
    );
  const [identity, measures, processes, health] = await Promise.all([
    inTime(identified, (done) => {
      binding.identifyDevice(device, done);
    }),
    inTime(measured, (done) => {
      binding.measureDevice(device, done);
    }),
    inTime(listed, (done) => {
      binding.listProcesses(device, done);
    }),
    settled(contextHealth(device, { timeoutMs: left })),
  ]);
  const info = toDeviceInfo(joined(identity.value ?? native, measures.value));
  const all = [measures, { failure: info.failure }, identity, processes, health];
  return {
    ...info,
    processes: toProcesses(processes.value),
    health: health.value,
    failure: all.find(({ failure }) => failure !== null)?.failure ?? null,
    timedOut:
      [identity, measures, processes].some(({ late }) => late) || health.value?.timedOut === true,
  };
}

/** What both tell, NVML tells with its own prefix. */
function joined(identity: NativeDevice, measures: NativeDevice | null): NativeDevice {
  if (measures === null) return identity;
  const { nvmlIndex, memory, refusal } = measures;
  const uuid = measures.uuid ?? identity.uuid;
  const mig = measures.mig ?? identity.mig;
  return { ...identity, nvmlIndex, uuid, mig, memory, refusal };
}

interface Settled<T> {
  value: T | null;
  failure: GPUFailure | null;
  late: boolean;
}

async function settled<T>(question: Promise<T | typeof LATE>): Promise<Settled<T>> {
  try {
    const value = await question;
    if (value === LATE) return { value: null, failure: null, late: true };
    return { value, failure: null, late: false };
  } catch (error) {
    return { value: null, failure: failureIn(error), late: false };
  }
}

type Ask<T> = (callback: AnswerCallback<T | null>) => void;

function asked<T>(ask: Ask<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((error, answer) => {
      if (error === null) resolve(answer as T);
      else reject(error);
    });
  });
}

/** Whatever else is thrown is a mistake of ours and must be seen. */
function failureIn(error: unknown): GPUFailure | null {
  if (error instanceof GPUException) return error.failure;
  throw error;
}
