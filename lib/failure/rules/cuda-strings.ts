/** What `cudaGetErrorString` and `hipGetErrorString` answer, back to the code it was. */

import { findCodeByName } from '../../codes/index.js';
import { factsFromCode, factsFromName } from '../code-facts.js';
import type { FailureFacts } from '../facts.js';

/** Strings that nobody but CUDA and HIP writes. */
const UNMISTAKABLE: Readonly<Record<string, string>> = {
  'an illegal memory access was encountered': 'cudaErrorIllegalAddress',
  'device-side assert triggered': 'cudaErrorAssert',
  'unspecified launch failure': 'cudaErrorLaunchFailure',
  'an illegal instruction was encountered': 'cudaErrorIllegalInstruction',
  'operation not supported on global/shared address space': 'cudaErrorInvalidAddressSpace',
  'uncorrectable ecc error encountered': 'cudaErrorECCUncorrectable',
  'uncorrectable nvlink error detected': 'cudaErrorNvlinkUncorrectable',
  'no cuda-capable device is detected': 'cudaErrorNoDevice',
  'cuda driver version is insufficient for cuda runtime version': 'cudaErrorInsufficientDriver',
  'no kernel image is available for execution on the device': 'cudaErrorNoKernelImageForDevice',
  'the launch timed out and was terminated': 'cudaErrorLaunchTimeout',
  'too many resources requested for launch': 'cudaErrorLaunchOutOfResources',
  'device kernel image is invalid': 'cudaErrorInvalidKernelImage',
  'forward compatibility was attempted on non supported hw': 'cudaErrorCompatNotSupportedOnDevice',
  'system has unsupported display driver / cuda driver combination':
    'cudaErrorSystemDriverMismatch',
  'cuda-capable device(s) is/are busy or unavailable': 'cudaErrorDevicesUnavailable',
  'all cuda-capable devices are busy or unavailable': 'cudaErrorDevicesUnavailable',
  'the provided ptx was compiled with an unsupported toolchain': 'cudaErrorUnsupportedPtxVersion',
  'a ptx jit compilation failed': 'cudaErrorInvalidPtx',
  'ptx jit compiler library not found': 'cudaErrorJitCompilerNotFound',
  'cuda driver is a stub library': 'cudaErrorStubLibrary',
  'operation not permitted when stream is capturing': 'cudaErrorStreamCaptureUnsupported',
  'operation failed due to a previous error during capture': 'cudaErrorStreamCaptureInvalidated',
  '__global__ function call is not configured': 'cudaErrorMissingConfiguration',
  'too many blocks in cooperative launch': 'cudaErrorCooperativeLaunchTooLarge',
  'peer access is not supported between these two devices': 'cudaErrorPeerAccessUnsupported',
  'an async error has occured in external entity': 'cudaErrorExternalDevice',
};

/** Strings of theirs that others write, too: they count only behind the name of the interface. */
const COMMON: Readonly<Record<string, string>> = {
  'out of memory': 'cudaErrorMemoryAllocation',
  'invalid argument': 'cudaErrorInvalidValue',
  'initialization error': 'cudaErrorInitializationError',
  'unknown error': 'cudaErrorUnknown',
  'operation not supported': 'cudaErrorNotSupported',
  'operation not permitted': 'cudaErrorNotPermitted',
  'misaligned address': 'cudaErrorMisalignedAddress',
  'invalid program counter': 'cudaErrorInvalidPc',
  'hardware stack error': 'cudaErrorHardwareStackError',
  'invalid device ordinal': 'cudaErrorInvalidDevice',
  'invalid device function': 'cudaErrorInvalidDeviceFunction',
  'invalid device symbol': 'cudaErrorInvalidSymbol',
  'invalid resource handle': 'cudaErrorInvalidResourceHandle',
  'invalid configuration argument': 'cudaErrorInvalidConfiguration',
  'driver shutting down': 'cudaErrorCudartUnloading',
  'system not yet initialized': 'cudaErrorSystemNotReady',
  'mapping of buffer object failed': 'cudaErrorMapBufferObjectFailed',
  'feature is not supported': 'cudaErrorNotSupported',
  'insufficient driver version': 'cudaErrorInsufficientDriver',
  'invalid device context': 'cudaErrorDeviceUninitialized',
  'illegal memory access': 'cudaErrorIllegalAddress',
  'launch failed': 'cudaErrorLaunchFailure',
  'illegal address': 'cudaErrorIllegalAddress',
};

function alternatives(strings: readonly string[]): string {
  return strings.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
}

export const UNMISTAKABLE_PATTERN = new RegExp(alternatives(Object.keys(UNMISTAKABLE)), 'i');
const ANY_PATTERN = new RegExp(alternatives(Object.keys({ ...UNMISTAKABLE, ...COMMON })), 'i');

/** Numbers that CUDA gave up in 10.1 and never used again; old logs and old engines have them. */
const BEFORE_10_1: ReadonlyMap<number, string> = new Map([
  [14, 'cudaErrorMapBufferObjectFailed'],
  [15, 'cudaErrorUnmapBufferObjectFailed'],
  [29, 'cudaErrorCudartUnloading'],
  [30, 'cudaErrorUnknown'],
  [33, 'cudaErrorInvalidResourceHandle'],
  [38, 'cudaErrorNoDevice'],
  [39, 'cudaErrorECCUncorrectable'],
  [47, 'cudaErrorInvalidKernelImage'],
  [48, 'cudaErrorNoKernelImageForDevice'],
  [54, 'cudaErrorDeviceAlreadyInUse'],
  [59, 'cudaErrorAssert'],
  [63, 'cudaErrorOperatingSystem'],
  [70, 'cudaErrorNotPermitted'],
  [71, 'cudaErrorNotSupported'],
  [72, 'cudaErrorHardwareStackError'],
  [73, 'cudaErrorIllegalInstruction'],
  [74, 'cudaErrorMisalignedAddress'],
  [75, 'cudaErrorInvalidAddressSpace'],
  [76, 'cudaErrorInvalidPc'],
  [77, 'cudaErrorIllegalAddress'],
  [78, 'cudaErrorInvalidPtx'],
  [80, 'cudaErrorNvlinkUncorrectable'],
  [83, 'cudaErrorSystemNotReady'],
]);

/** Whether the text speaks of AMD's interface, which uses CUDA's strings and most of its numbers. */
export function speaksOfHip(text: string): boolean {
  return /\bHIP\b|\bhip[A-Z]|\bROCm\b|\bhip error\b/.test(text);
}

function named(name: string, hip: boolean): FailureFacts | null {
  const found = findCodeByName(name);
  if (found === null) return null;
  const facts = factsFromName(found, name);
  if (!hip || facts === null || typeof facts.code !== 'number') return facts;
  return factsFromCode('hip', facts.code) ?? { ...facts, library: 'hip', name: null };
}

/** The first string of CUDA's in `text`; `common` counts those, too, that others also write. */
export function factsOfCudaString(
  text: string,
  common: boolean,
  hip: boolean,
): FailureFacts | null {
  const match = (common ? ANY_PATTERN : UNMISTAKABLE_PATTERN).exec(text);
  if (match === null) return null;
  const words = match[0].toLowerCase();
  const name = UNMISTAKABLE[words] ?? COMMON[words];
  return name === undefined ? null : named(name, hip);
}

/** A CUDA runtime number as engines print it, in today's numbering. */
export function factsOfCudaNumber(code: number, hip: boolean): FailureFacts | null {
  if (hip) return factsFromCode('hip', code);
  const old = BEFORE_10_1.get(code);
  return old === undefined ? factsFromCode('cudart', code) : named(old, false);
}
