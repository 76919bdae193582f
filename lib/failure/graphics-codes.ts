/**
 * Status names of the graphics and compute interfaces that have no table of their own yet: Vulkan,
 * DXGI, OpenCL, SYCL (unified runtime, plugin interface), Level Zero, Metal and HSA. Meanings by
 * their specifications; none is documented as sticky in CUDA's sense.
 */

import type { FailureFacts } from './facts.js';
import type { GPUFailureCategory, GPULibrary, RestartScope } from './types.js';

type Row = readonly [GPUFailureCategory, RestartScope?];

interface Family {
  readonly library: GPULibrary;
  readonly prefix: RegExp;
  /** By the name's end; the first that fits decides. */
  readonly rows: readonly (readonly [RegExp, Row | null])[];
}

const FAMILIES: readonly Family[] = [
  {
    library: 'vulkan', // Vulkan 1.4, "Return Codes"
    prefix: /^VK_ERROR_/,
    rows: [
      [/OUT_OF_HOST_MEMORY$/, null],
      [/OUT_OF_(?:DEVICE|POOL)_MEMORY$|FRAGMENTATION/, ['out-of-memory']],
      [/DEVICE_LOST$/, ['device-lost']],
      [/INCOMPATIBLE_DRIVER$/, ['driver-mismatch']],
      [/INITIALIZATION_FAILED$/, ['no-device']],
      [
        /(?:FEATURE|EXTENSION|LAYER|FORMAT)_NOT_(?:PRESENT|SUPPORTED)$/,
        ['not-supported', 'environment'],
      ],
      [/TOO_MANY_OBJECTS$|MEMORY_MAP_FAILED$/, ['library']],
      // A window that was resized is an everyday event, not a failure of the device.
      [/OUT_OF_DATE|SURFACE_LOST|NATIVE_WINDOW/, null],
      [/$/, ['unknown']],
    ],
  },
  {
    library: 'd3d', // DXGI_ERROR, winerror.h
    prefix: /^(?:DXGI_ERROR_|D3DDDIERR_)/,
    rows: [
      [/DEVICE_?REMOVED$|DEVICE_HUNG$|DEVICE_RESET$|DRIVER_INTERNAL_ERROR$/, ['device-lost']],
      [/INVALID_CALL$/, ['invalid-argument']],
      [/UNSUPPORTED$|SDK_COMPONENT_MISSING$/, ['not-supported', 'environment']],
      [/NOT_CURRENTLY_AVAILABLE$/, ['busy']],
      [/WAS_STILL_DRAWING$|WAIT_TIMEOUT$|NOT_FOUND$|MORE_DATA$/, null],
      [/$/, ['unknown']],
    ],
  },
  {
    library: 'opencl', // cl.h, OpenCL 3.0
    prefix: /^CL_/,
    rows: [
      [/OUT_OF_HOST_MEMORY$/, null],
      [/MEM_OBJECT_ALLOCATION_FAILURE$/, ['out-of-memory']],
      // Registers or local memory of one kernel as often as device memory.
      [/OUT_OF_RESOURCES$/, ['library']],
      [/DEVICE_NOT_(?:FOUND|AVAILABLE)$|PLATFORM_NOT_FOUND_KHR$/, ['no-device']],
      [/INVALID_(?:PLATFORM|DEVICE)$/, ['no-device']],
      [/BUILD_PROGRAM_FAILURE$|COMPILER_NOT_AVAILABLE$/, ['not-supported', 'environment']],
      [/_INVALID_|^CL_INVALID_/, ['invalid-argument']],
      [/EXEC_STATUS_ERROR/, ['kernel-fault']],
      [/$/, null],
    ],
  },
  {
    library: 'sycl', // ur_api.h, pi.h
    prefix: /^(?:UR_RESULT|PI|SYCL)_ERROR_/,
    rows: [
      [/OUT_OF_HOST_MEMORY$/, null],
      [/OUT_OF_DEVICE_MEMORY$|MEM_OBJECT_ALLOCATION_FAILURE$/, ['out-of-memory']],
      [/DEVICE_LOST$/, ['device-lost', 'process']],
      [/OUT_OF_RESOURCES$/, ['library']],
      [/DEVICE_NOT_(?:FOUND|AVAILABLE)$|UNINITIALIZED$/, ['no-device']],
      [/INVALID_/, ['invalid-argument']],
      [/UNSUPPORTED/, ['not-supported']],
      [/$/, ['unknown']],
    ],
  },
  {
    library: 'level-zero', // ze_api.h
    prefix: /^ZE_RESULT_ERROR_/,
    rows: [
      [/OUT_OF_HOST_MEMORY$/, null],
      [/OUT_OF_DEVICE_MEMORY$/, ['out-of-memory']],
      [/DEVICE_LOST$|DEVICE_REQUIRES_RESET$/, ['device-lost']],
      [/INSUFFICIENT_PERMISSIONS$/, ['permission']],
      [/UNINITIALIZED$|DEPENDENCY_UNAVAILABLE$/, ['no-device']],
      [/NOT_AVAILABLE$/, ['busy']],
      [/UNSUPPORTED/, ['not-supported']],
      [/INVALID_/, ['invalid-argument']],
      [/$/, ['unknown']],
    ],
  },
  {
    library: 'metal', // names printed by IOGPU for MTLCommandBufferError
    prefix: /^kIOGPUCommandBufferCallbackError/,
    rows: [
      [/OutOfMemory$/, ['out-of-memory']],
      [
        /(?:Timeout|Hang|PageFault|InnocentVictim|SubmissionsIgnored|ImpactingInteractivity)$/,
        ['kernel-fault'],
      ],
      [/(?:DeviceRemoved|Blacklisted|Revoked|AccessRevoked)$/, ['device-lost']],
      [/$/, ['unknown', 'process']],
    ],
  },
  {
    library: 'hip', // hsa.h of ROCr
    prefix: /^HSA_STATUS_ERROR/,
    rows: [
      [/OUT_OF_RESOURCES$/, ['out-of-memory']],
      [/MEMORY_(?:APERTURE_VIOLATION|FAULT)|ILLEGAL_INSTRUCTION$|EXCEPTION$/, ['kernel-fault']],
      [/INVALID_(?:AGENT|ISA)/, ['no-device']],
      [/FATAL$|^HSA_STATUS_ERROR$/, ['unknown', 'process']],
      [/$/, ['library']],
    ],
  },
];

/** DXGI's numbers, by winerror.h. */
const DXGI: ReadonlyMap<number, string> = new Map([
  [0x887a0001, 'DXGI_ERROR_INVALID_CALL'],
  [0x887a0002, 'DXGI_ERROR_NOT_FOUND'],
  [0x887a0004, 'DXGI_ERROR_UNSUPPORTED'],
  [0x887a0005, 'DXGI_ERROR_DEVICE_REMOVED'],
  [0x887a0006, 'DXGI_ERROR_DEVICE_HUNG'],
  [0x887a0007, 'DXGI_ERROR_DEVICE_RESET'],
  [0x887a000a, 'DXGI_ERROR_WAS_STILL_DRAWING'],
  [0x887a0020, 'DXGI_ERROR_DRIVER_INTERNAL_ERROR'],
  [0x887a0022, 'DXGI_ERROR_NOT_CURRENTLY_AVAILABLE'],
  [0x887a0027, 'DXGI_ERROR_WAIT_TIMEOUT'],
  [0x887a002d, 'DXGI_ERROR_SDK_COMPONENT_MISSING'],
]);

/** A DXGI `HRESULT`, signed or unsigned; `null` for every other number. */
export function dxgiFacts(hresult: number): FailureFacts | null {
  const code = hresult >>> 0;
  if (!Number.isInteger(hresult) || (code & 0xffffff00) >>> 0 !== 0x887a0000) return null;
  const name = DXGI.get(code);
  if (name === undefined) return { category: 'unknown', library: 'd3d', code };
  const facts = graphicsFacts(name);
  return facts === null ? null : { ...facts, code };
}

/** A status name of one of these interfaces, or a DXGI number as text. `null`: no failure. */
export function graphicsFacts(written: string): FailureFacts | null {
  const hex = /^(?:0x)?(887a00[0-9a-f]{2})$/i.exec(written);
  if (hex !== null) return dxgiFacts(Number.parseInt(hex[1] ?? '', 16));
  for (const { library, prefix, rows } of FAMILIES) {
    if (!prefix.test(written)) continue;
    const row = rows.find(([ending]) => ending.test(written))?.[1] ?? null;
    if (row === null) return null;
    const [category, restart] = row;
    return { category, library, name: written, restart };
  }
  return null;
}
