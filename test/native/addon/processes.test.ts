import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { alloc, processes } from '../../../lib/cuda/index.js';
import type { GPUProcess } from '../../../lib/cuda/index.js';
import { resetFatalState } from '../../../lib/index.js';
import { useMock } from '../../../lib/mock/index.js';
import type { MockScenario } from '../../../lib/mock/index.js';
import { compiledPackage } from '../../helpers/compiled';
import { eachTestFindsDevicesAtRest } from '../../helpers/devices-at-rest';
import { aboveTheStandIn, itCompiled, openWorkshop } from './compile';
import {
  addonPath,
  answerOf,
  cleanEnvironment,
  failureOf,
  root,
  runProgram,
  thrownBy,
} from './support';

const MiB = 2 ** 20;

eachTestFindsDevicesAtRest();
afterEach(resetFatalState);

describe('processes', () => {
  it('lists this process once it has a context, with the memory that it holds', () => {
    useMock({ contextOverheadBytes: 10 * MiB, devices: [{ usedByOthersBytes: 5 * MiB }] });
    expect(processes()).toEqual([]);
    const buffer = alloc(MiB);
    expect(processes(0)).toEqual([
      {
        pid: process.pid,
        hostPid: false, // also in a container: the number is this process's own
        name: realpathSync(process.execPath),
        bytes: 11 * MiB,
        type: 'compute',
      },
    ]);
    buffer.free();
  });

  it('answers null where there are no such lists', () => {
    useMock({ rules: [{ library: 'nvml', call: '*RunningProcesses*', code: 3 }] });
    expect(processes()).toBeNull();
    useMock({ rules: [{ library: 'nvml', call: 'nvmlInit_v2', code: 12 }] });
    expect(processes()).toBeNull();
  });

  it('takes the list of who computes where there is none of graphics, and not the other alone', () => {
    useMock({ rules: [{ library: 'nvml', call: 'nvmlDeviceGetGraphics*', code: 3 }] });
    const buffer = alloc(1);
    expect(processes()).toHaveLength(1);
    buffer.free();
    useMock({ rules: [{ library: 'nvml', call: 'nvmlDeviceGetCompute*', code: 3 }] });
    expect(processes()).toBeNull();
  });

  it('uses the older functions where the newer ones do not exist', () => {
    const mock = useMock({ rules: [{ library: 'nvml', call: '*Processes_v?', code: 13 }] });
    const buffer = alloc(MiB);
    expect(processes()?.[0]).toMatchObject({ pid: process.pid, type: 'compute' });
    expect(mock.calls('nvmlDeviceGetComputeRunningProcesses_v2')).toBe(1);
    expect(mock.calls('nvmlDeviceGetComputeRunningProcesses')).toBe(1);
    buffer.free();
  });

  it('throws what the device answers otherwise', () => {
    useMock({ rules: [{ library: 'nvml', call: '*RunningProcesses*', code: 15 }] });
    expect(failureOf(() => processes())).toMatchObject({ category: 'device-lost', code: 15 });
    useMock();
    expect(failureOf(() => processes(3))).toMatchObject({ code: 101, device: 3 });
  });

  it.each([-1, 1.5, '0', Symbol('0'), 2 ** 31])('rejects %p before it asks anybody', (device) => {
    const mock = useMock();
    expect(thrownBy(() => processes(device as number)).message).toMatch(
      /^device must be an integer from 0 to 2147483647/,
    );
    expect(mock.calls()).toEqual({});
  });
});

describe('process lists of drivers that differ', () => {
  const workshop = openWorkshop();
  afterAll(() => {
    workshop.remove();
  });

  /** NVML whose lists are `driver`'s; all else comes from the stand-in below it. */
  function listedBy(driver: string): GPUProcess[] {
    const library = workshop.compile('nvml-processes.cc', {
      name: driver,
      flags: [`-D${driver}`, ...aboveTheStandIn()],
    });
    const environment = { GPU_EXCEPTIONS_BACKEND: 'mock', GPU_EXCEPTIONS_NVML: library };
    return answerOf(runProgram('devices.cjs', { ...environment, WHAT: 'processes' }));
  }

  const many = (count: number): number[] => Array.from({ length: count }, (_, i) => 1000 + i);

  itCompiled.each(['V1_ONLY', 'V2', 'V3_ONLY', 'V3_WIDE'])('are read right: %s', (driver) => {
    const list = listedBy(driver);
    expect(list.map(({ pid }) => pid)).toEqual(many(200));
    expect(list.slice(0, 3).map(({ bytes }) => bytes)).toEqual([null, 1 * MiB, 2 * MiB]);
    expect(list[7]?.bytes).toBe(7 * MiB);
    // The fixture lists every third process as graphics, too.
    expect(list.slice(0, 4).map(({ type }) => type)).toEqual([
      'compute+graphics',
      'compute',
      'compute',
      'compute+graphics',
    ]);
  });
});

describe('in a PID namespace of its own', () => {
  const allowed = spawnSync('unshare', ['-p', '-f', 'true']).status === 0;

  /** The list there, by a driver that tells numbers as `scenario` says. */
  function listed(scenario: MockScenario, env: Record<string, string>): GPUProcess[] | null {
    const { stdout, stderr } = spawnSync(
      'unshare',
      ['-p', '-f', '--mount-proc', process.execPath, join(root, 'test/fixtures/addon/devices.cjs')],
      {
        encoding: 'utf8',
        env: {
          ...cleanEnvironment(),
          PACKAGE: compiledPackage(),
          GPU_EXCEPTIONS_ADDON: addonPath,
          GPU_EXCEPTIONS_BACKEND: 'mock',
          GPU_EXCEPTIONS_MOCK_SCENARIO: JSON.stringify(scenario),
          WHAT: 'processes',
          ...env,
        },
      },
    );
    expect(stderr).toBe('');
    return JSON.parse(stdout) as GPUProcess[] | null;
  }

  const other = { pid: 4_000_000, bytes: MiB, name: 'other' };
  const devices = [{ condition: { processes: [other] } }];
  const names = (list: GPUProcess[] | null): unknown[] | undefined =>
    list?.map(({ hostPid, name }) => [hostPid, name]);

  (allowed ? it : it.skip)('knows its own namespace’s numbers by its own', () => {
    const list = listed({ devices }, { WITH_CONTEXT: '1' });
    expect(names(list)).toEqual([
      [false, realpathSync(process.execPath)],
      [false, 'other'],
    ]);
  });

  (allowed ? it : it.skip)('knows the host’s by the want of its own, and names nobody', () => {
    const list = listed({ hostPids: true, devices }, { WITH_CONTEXT: '1' });
    expect(names(list)).toEqual([
      [true, null],
      [true, null],
    ]);
  });

  (allowed ? it : it.skip).each([true, false])(
    'does not guess while it is not on the list itself: hostPids %p',
    (hostPids) => {
      expect(names(listed({ hostPids, devices }, {}))).toEqual([[null, null]]);
    },
  );

  (allowed ? it : it.skip)('does not guess when the driver does not say', () => {
    const rules = [{ library: 'cuda', call: 'cuDevicePrimaryCtxGetState', code: 999 }] as const;
    const list = listed({ rules: [...rules] }, { WITH_CONTEXT: '1' });
    expect(names(list)).toEqual([[null, null]]);
  });
});
