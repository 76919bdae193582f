/**
 * The stand-in's C interface for tests, called directly: no addon is between. Signatures are read
 * from native/abi, so that a function added there is callable here.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as koffi from 'koffi';
import type { MockDeviceState, MockState } from '../../../lib/mock/index.js';

export const ROOT = path.resolve(__dirname, '..', '..', '..');

const EXTENSION = { win32: '.dll', darwin: '.dylib' }[process.platform as string] ?? '.so';

/** The library under test. */
export const LIBRARY =
  process.env['GPU_EXCEPTIONS_TEST_MOCK_LIBRARY'] ??
  path.join(ROOT, 'build', 'Release', `libgpu_exceptions_mock${EXTENSION}`);

type Kind = 'int' | 'uint' | 'size' | 'buffer' | 'handle';
/** Handles and device addresses are bigint, what a call fills or reads is a Buffer. */
export type Argument = number | bigint | Buffer | null;

export interface Declared {
  library: 'cudart' | 'cuda' | 'nvml' | 'cudnn' | 'nvrtc';
  name: string;
  result: string;
  parameters: Kind[];
}

const HANDLES: ReadonlySet<string> = new Set([
  'void*',
  'CUcontext',
  'CUfunction',
  'CUmodule',
  'CUstream',
  'cudaEvent_t',
  'cudaHostFn_t',
  'cudaStream_t',
  'nvmlDevice_t',
  'nvmlEventSet_t',
  'nvrtcProgram',
]);

function kindOf(parameter: string): Kind {
  const type = parameter.replace(/\w+\s*$/, '').replace(/\s+/g, '');
  if (HANDLES.has(type)) return 'handle';
  if (type.includes('*')) return 'buffer';
  if (type === 'size_t') return 'size';
  if (type === 'unsignedlonglong') return 'size';
  return type === 'unsignedint' ? 'uint' : 'int';
}

/** Where each library's functions are listed: what the addon calls, then what only the stand-in has. */
export const HEADERS: Record<Declared['library'], string[]> = {
  cudart: ['abi/cudart_abi.h'],
  cuda: ['abi/cuda_abi.h'],
  nvml: ['abi/nvml_abi.h', 'mock/abi/nvml_more_abi.h'],
  cudnn: ['abi/cudnn_abi.h'],
  nvrtc: ['abi/nvrtc_abi.h'],
};

function declared(library: Declared['library'], header: string): Declared[] {
  const text = readFileSync(path.join(ROOT, 'native', header), 'utf8');
  const lists = text.matchAll(/#define GPUEX_\w+_FUNCTIONS\(X\)([\s\S]*?)\n\n/g);
  const list = [...lists].map(([, rows = '']) => rows).join('\n');
  const row = /X\(\w+,\s*(\w+),\s*(\w+),\s*\\?\s*\(([^)]*)\)\)/g;
  return [...list.matchAll(row)].map(([, result = '', name = '', parameters = '']) => ({
    library,
    name,
    result,
    parameters: parameters.trim() === '' ? [] : parameters.split(',').map(kindOf),
  }));
}

export const FUNCTIONS: readonly Declared[] = (
  ['cudart', 'cuda', 'nvml', 'cudnn', 'nvrtc'] as const
).flatMap((library) => HEADERS[library].flatMap((header) => declared(library, header)));

/** NVML's functions that are exported and not modelled. */
export const UNMODELLED: readonly string[] = [
  ...readFileSync(path.join(ROOT, 'native/mock/abi/nvml_unmodelled.h'), 'utf8').matchAll(
    /^ {2}X\((\w+)\)/gm,
  ),
].map(([, name = '']) => name);

/** Names of what the stand-in has for programs that other people wrote; see native/mock/abi. */
export const MODELLED: readonly string[] = ['cudart', 'cuda', 'cudnn', 'cublas', 'nvrtc'].flatMap(
  (library) => {
    const file = path.join(ROOT, 'native', 'mock', 'abi', `${library}_more.h`);
    const row = /X\(modelled,[^,]+,\s*(\w+),/g;
    return [...readFileSync(file, 'utf8').matchAll(row)].map(([, name = '']) => name);
  },
);

const TYPES: Record<Kind, string> = {
  int: 'int',
  uint: 'unsigned int',
  size: 'size_t',
  buffer: 'void *',
  handle: 'uintptr_t',
};

const loaded = koffi.load(LIBRARY);

const functions = new Map(
  FUNCTIONS.map(({ name, result, parameters }) => [
    name,
    loaded.func(
      name,
      result === 'size_t' ? 'size_t' : result === 'nvmlString_t' ? 'str' : 'int',
      parameters.map((kind) => TYPES[kind]),
    ),
  ]),
);

/** Which device is the thread's current one: the addon only asks. */
functions.set('cudaSetDevice', loaded.func('int cudaSetDevice(int device)'));

/** A function by its full prototype, for what native/abi does not declare. */
export function prototype(text: string): ReturnType<typeof loaded.func> {
  return loaded.func(text);
}

function find(name: string): ReturnType<typeof loaded.func> {
  const found = functions.get(name);
  if (found === undefined) throw new Error(`native/abi declares no ${name}`);
  return found;
}

/** Calls an exported function and answers its status (or number). */
export function call(name: string, ...values: Argument[]): number {
  return Number(find(name)(...values));
}

/** The same on a thread that is not this one. */
export function callElsewhere(name: string, ...values: Argument[]): Promise<number> {
  return new Promise((resolve, reject) => {
    find(name).async(...values, (error: unknown, result: number) => {
      if (error === null || error === undefined) resolve(Number(result));
      else reject(error);
    });
  });
}

/** The text that an exported function answers. */
export function callForText(name: string, ...values: Argument[]): string {
  return String(find(name)(...values));
}

/** With null or 0 for every argument: for what must be decided before they are looked at. */
export function callBlindly(name: string): number {
  const kinds = FUNCTIONS.find((each) => each.name === name)?.parameters ?? [];
  return call(name, ...kinds.map((kind) => (kind === 'buffer' ? null : 0)));
}

const rawControl = loaded.func('gpuExceptionsMockControl', 'int', [
  'str',
  'str',
  'void *',
  'size_t',
  'void *',
]);

export interface Answer {
  status: number;
  text: string;
}

export function control(verb: string, argument: unknown = ''): Answer {
  const text = typeof argument === 'string' ? argument : JSON.stringify(argument);
  const needed = Buffer.alloc(8);
  let answer = Buffer.alloc(1 << 20);
  const status = Number(rawControl(verb, text, answer, answer.length, needed));
  const length = Number(needed.readBigUInt64LE());
  if (length > answer.length) throw new Error('the answer is longer than tests expect');
  answer = answer.subarray(0, length - 1);
  return { status, text: answer.toString('utf8') };
}

export { rawControl };

function must(answer: Answer): string {
  if (answer.status !== 0) throw new Error(answer.text);
  return answer.text;
}

/** A fresh machine for the test. */
export function configure(scenario: object = {}): void {
  must(control('configure', scenario));
}
export function inject(rule: object): void {
  must(control('inject', rule));
}
export function reset(): void {
  must(control('reset'));
}

export function state(): MockState {
  return JSON.parse(must(control('state'))) as MockState;
}

/** The device at an NVML index. */
export function device(index = 0): MockDeviceState {
  const found = state().devices[index];
  if (found === undefined) throw new Error(`no device ${index}`);
  return found;
}

export function refusal(scenario: unknown): string {
  const { status, text } = control('configure', scenario);
  if (status === 0) throw new Error('the scenario was taken');
  return text;
}

const processItself = koffi.load(null);
const setenv = processItself.func('setenv', 'int', ['str', 'str', 'int']);
const unsetenv = processItself.func('unsetenv', 'int', ['str']);

/** The environment as native code reads it; Jest's `process.env` is only a copy. */
export function setEnvironment(name: string, value: string | undefined): void {
  if (value === undefined) unsetenv(name);
  else setenv(name, value, 1);
}

// Out-parameters.

export const MiB = 2 ** 20;
export const GiB = 2 ** 30;
const UNTOUCHED = 0xee;

export function out(bytes: number): Buffer {
  return Buffer.alloc(bytes, UNTOUCHED);
}
export function isUntouched(buffer: Buffer): boolean {
  return buffer.every((byte) => byte === UNTOUCHED);
}
export function text(buffer: Buffer): string {
  return buffer.subarray(0, buffer.indexOf(0)).toString('utf8');
}
export function chars(value: string): Buffer {
  return Buffer.from(`${value}\0`, 'utf8');
}

/** `status` and, where it is 0, the number that the call wrote. */
export function readInt(name: string, ...before: Argument[]): { status: number; value: number } {
  const value = out(4);
  const status = call(name, ...before, value);
  return { status, value: status === 0 ? value.readInt32LE() : Number.NaN };
}

export function malloc(bytes: number | bigint): { status: number; address: bigint } {
  const pointer = out(8);
  const status = call('cudaMalloc', pointer, bytes);
  return { status, address: pointer.readBigUInt64LE() };
}

export interface Memory {
  status: number;
  free: number;
  total: number;
}

export function memoryInfo(name: 'cudaMemGetInfo' | 'cuMemGetInfo_v2' = 'cudaMemGetInfo'): Memory {
  const free = out(8);
  const total = out(8);
  const status = call(name, free, total);
  return {
    status,
    free: status === 0 ? Number(free.readBigUInt64LE()) : Number.NaN,
    total: status === 0 ? Number(total.readBigUInt64LE()) : Number.NaN,
  };
}

export function nvmlHandle(index = 0): bigint {
  const handle = out(8);
  const status = call('nvmlDeviceGetHandleByIndex_v2', index, handle);
  if (status !== 0) throw new Error(`nvmlDeviceGetHandleByIndex_v2 answered ${status}`);
  return handle.readBigUInt64LE();
}

export function nvmlMemory(handle: bigint): Record<'total' | 'free' | 'used', number> {
  const memory = out(24);
  const status = call('nvmlDeviceGetMemoryInfo', handle, memory);
  if (status !== 0) throw new Error(`nvmlDeviceGetMemoryInfo answered ${status}`);
  const at = (offset: number): number => Number(memory.readBigUInt64LE(offset));
  return { total: at(0), free: at(8), used: at(16) };
}

export const MEMORY_V2 = 0x02000028;

export function nvmlMemoryV2(
  handle: bigint,
): Record<'total' | 'reserved' | 'free' | 'used', number> {
  const memory = out(40);
  memory.writeUInt32LE(MEMORY_V2);
  const status = call('nvmlDeviceGetMemoryInfo_v2', handle, memory);
  if (status !== 0) throw new Error(`nvmlDeviceGetMemoryInfo_v2 answered ${status}`);
  const at = (offset: number): number => Number(memory.readBigUInt64LE(offset));
  return { total: at(8), reserved: at(16), free: at(24), used: at(32) };
}
