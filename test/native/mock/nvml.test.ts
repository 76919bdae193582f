import {
  UNMODELLED,
  call,
  callElsewhere,
  callForText,
  chars,
  configure,
  control,
  inject,
  malloc,
  nvmlHandle,
  out,
  readInt,
  state,
  text,
  type Argument,
} from './stand-in';
import * as koffi from 'koffi';
import { LIBRARY } from './stand-in';

const INVALID = 2;
const NOT_SUPPORTED = 3;
const NO_PERMISSION = 4;
const NOT_FOUND = 6;
const INSUFFICIENT = 7;
const TIMEOUT = 10;
const FUNCTION_NOT_FOUND = 13;
const VERSION_MISMATCH = 25;

/** A machine with NVML initialised, and the handle of its first device. */
function start(scenario: object = {}): bigint {
  configure(scenario);
  expect(call('nvmlInit_v2')).toBe(0);
  return nvmlHandle(0);
}

function readBig(name: string, ...before: Argument[]): number {
  const value = out(8);
  expect(call(name, ...before, value)).toBe(0);
  return Number(value.readBigUInt64LE());
}

const value = (name: string, ...before: Argument[]): number => {
  const read = readInt(name, ...before);
  expect([name, read.status]).toEqual([name, 0]);
  return read.value;
};

describe('readings', () => {
  test('are what the condition says', () => {
    const gpu = start({
      devices: [
        {
          profile: 'h100',
          condition: {
            gpuPercent: 97,
            memoryPercent: 41,
            temperatureCelsius: 83,
            powerMilliwatts: 690123,
            powerLimitMilliwatts: 650000,
            smMhz: 1755,
            memoryMhz: 2619,
            throttleReasons: ['hwThermalSlowdown', 'swPowerCap'],
            computeMode: 'exclusive-process',
            persistence: true,
            encoderPercent: 3,
          },
        },
      ],
    });
    const utilization = out(8);
    expect(call('nvmlDeviceGetUtilizationRates', gpu, utilization)).toBe(0);
    expect([utilization.readUInt32LE(0), utilization.readUInt32LE(4)]).toEqual([97, 41]);
    expect(value('nvmlDeviceGetTemperature', gpu, 0)).toBe(83);
    expect(value('nvmlDeviceGetPowerUsage', gpu)).toBe(690123);
    expect(value('nvmlDeviceGetEnforcedPowerLimit', gpu)).toBe(650000);
    expect(value('nvmlDeviceGetPowerManagementDefaultLimit', gpu)).toBe(700000);
    expect(value('nvmlDeviceGetClockInfo', gpu, 1)).toBe(1755);
    expect(value('nvmlDeviceGetClockInfo', gpu, 2)).toBe(2619);
    expect(value('nvmlDeviceGetMaxClockInfo', gpu, 1)).toBe(1980);
    expect(readBig('nvmlDeviceGetCurrentClocksEventReasons', gpu)).toBe(64 + 4);
    expect(readBig('nvmlDeviceGetCurrentClocksThrottleReasons', gpu)).toBe(64 + 4);
    expect(value('nvmlDeviceGetComputeMode', gpu)).toBe(3);
    expect(value('nvmlDeviceGetPersistenceMode', gpu)).toBe(1);
    expect(value('nvmlDeviceGetArchitecture', gpu)).toBe(9);
    expect(readInt('nvmlDeviceGetFanSpeed', gpu).status).toBe(NOT_SUPPORTED);
    expect(call('nvmlDeviceGetClockInfo', gpu, 4, out(4))).toBe(INVALID);
  });

  test('change at run time', () => {
    const gpu = start();
    expect(
      control('changeDevice', { device: 0, condition: { temperatureCelsius: 91 } }).status,
    ).toBe(0);
    expect(value('nvmlDeviceGetTemperature', gpu, 0)).toBe(91);
    expect(control('changeDevice', { device: 0, condition: { temperature: 1 } }).text).toContain(
      'condition.temperature is no key of a condition; the nearest is "temperatureCelsius"',
    );
  });

  test('energy follows the clock', () => {
    const gpu = start({ clock: 'virtual', devices: [{ condition: { powerMilliwatts: 500000 } }] });
    expect(readBig('nvmlDeviceGetTotalEnergyConsumption', gpu)).toBe(0);
    control('advance', { ms: 4000 });
    expect(readBig('nvmlDeviceGetTotalEnergyConsumption', gpu)).toBe(2_000_000);
  });

  test('an integrated board has no figures of its own', () => {
    const gpu = start({ devices: 'jetson-orin' });
    for (const [name, ...rest] of [
      ['nvmlDeviceGetMemoryInfo', out(24)],
      ['nvmlDeviceGetUtilizationRates', out(8)],
      ['nvmlDeviceGetPowerUsage', out(4)],
      ['nvmlDeviceGetBAR1MemoryInfo', out(24)],
    ] as [string, Buffer][]) {
      expect([name, call(name, gpu, ...rest)]).toEqual([name, NOT_SUPPORTED]);
    }
  });
});

describe('a versioned struct is refused when its stamp is wrong', () => {
  test.each([
    ['nvmlDeviceGetTemperatureV', 12, 0x0100000c],
    ['nvmlDeviceGetPciInfoExt', 64, 0x01000040],
    ['nvmlDeviceGetRunningProcessDetailList', 24, 0x01000018],
    ['nvmlDeviceGetGpuFabricInfoV', 40, 0x03000028],
    ['nvmlDeviceGetGpuFabricInfoV', 36, 0x02000024],
  ])('%s', (name, size, stamp) => {
    const gpu = start();
    const struct = Buffer.alloc(size);
    struct.writeUInt32LE(stamp);
    expect(call(name, gpu, struct)).toBe(0);
    struct.writeUInt32LE(stamp + 1);
    expect(call(name, gpu, struct)).toBe(VERSION_MISMATCH);
    struct.writeUInt32LE(size);
    expect(call(name, gpu, struct)).toBe(VERSION_MISMATCH);
  });

  test('nvmlDeviceGetHandleByUUIDV', () => {
    start();
    const uuid = Buffer.alloc(52);
    uuid.writeUInt32LE(0x01000034, 0);
    uuid.writeUInt32LE(1, 4);
    uuid.write(state().devices[0]?.uuid ?? '', 8);
    expect(call('nvmlDeviceGetHandleByUUIDV', uuid, out(8))).toBe(0);
    uuid.writeUInt32LE(0x02000034, 0);
    expect(call('nvmlDeviceGetHandleByUUIDV', uuid, out(8))).toBe(VERSION_MISMATCH);
  });
});

describe('an older driver', () => {
  test.each([
    ['nvmlDeviceGetMemoryInfo_v2', 40, '470.57.02', '510.47.03'],
    ['nvmlDeviceGetTemperatureV', 12, '565.57.01', '570.86.10'],
    ['nvmlDeviceGetComputeRunningProcesses_v3', 4, '495.29.05', '510.47.03'],
  ])('does not have %s', (name, size, before, since) => {
    const args = name.endsWith('_v3') ? [Buffer.alloc(size), null] : [Buffer.alloc(size)];
    expect(call(name, start({ driverVersion: before }), ...args)).toBe(FUNCTION_NOT_FOUND);
    expect(call(name, start({ driverVersion: since }), ...args)).not.toBe(FUNCTION_NOT_FOUND);
  });

  test('does not know the third fabric struct', () => {
    const struct = Buffer.alloc(40);
    struct.writeUInt32LE(0x03000028);
    const gpu = start({ driverVersion: '550.54.14' });
    expect(call('nvmlDeviceGetGpuFabricInfoV', gpu, struct)).toBe(VERSION_MISMATCH);
  });
});

describe('what is wrong with a board', () => {
  const condition = {
    ecc: { volatileCorrected: 5, volatileUncorrected: 2, aggregateUncorrected: 9 },
    remappedRows: { correctable: 1, uncorrectable: 3, pending: true, failure: true },
    recoveryAction: 'drain-and-reset',
  };

  test('ECC counters, by kind and by place', () => {
    const gpu = start({ devices: [{ condition }] });
    expect(readBig('nvmlDeviceGetTotalEccErrors', gpu, 0, 0)).toBe(5);
    expect(readBig('nvmlDeviceGetTotalEccErrors', gpu, 1, 0)).toBe(2);
    expect(readBig('nvmlDeviceGetTotalEccErrors', gpu, 1, 1)).toBe(9);
    expect(readBig('nvmlDeviceGetMemoryErrorCounter', gpu, 1, 1, 2)).toBe(9);
    expect(readBig('nvmlDeviceGetMemoryErrorCounter', gpu, 1, 1, 7)).toBe(0);
    expect(call('nvmlDeviceGetTotalEccErrors', gpu, 2, 0, out(8))).toBe(INVALID);
  });

  test('a board without ECC has none', () => {
    const gpu = start({ devices: 'rtx-4090' });
    expect(call('nvmlDeviceGetEccMode', gpu, out(4), out(4))).toBe(NOT_SUPPORTED);
    expect(call('nvmlDeviceGetTotalEccErrors', gpu, 0, 0, out(8))).toBe(NOT_SUPPORTED);
  });

  test('remapped rows on Ampere and later, retired pages before', () => {
    const rows = [out(4), out(4), out(4), out(4)];
    expect(call('nvmlDeviceGetRemappedRows', start({ devices: [{ condition }] }), ...rows)).toBe(0);
    expect(rows.map((each) => each.readUInt32LE())).toEqual([1, 3, 1, 1]);

    const t4 = start({
      devices: [{ profile: 't4', condition: { retiredPages: { doubleBit: [4096, 8192] } } }],
    });
    expect(call('nvmlDeviceGetRemappedRows', t4, ...rows)).toBe(NOT_SUPPORTED);
    const count = Buffer.alloc(4);
    expect(call('nvmlDeviceGetRetiredPages', t4, 1, count, null)).toBe(INSUFFICIENT);
    expect(count.readUInt32LE()).toBe(2);
    const pages = out(16);
    expect(call('nvmlDeviceGetRetiredPages', t4, 1, count, pages)).toBe(0);
    expect([pages.readBigUInt64LE(0), pages.readBigUInt64LE(8)]).toEqual([4096n, 8192n]);
  });

  test('field values answer one by one', () => {
    const gpu = start({ devices: [{ condition }] });
    const fields = Buffer.alloc(3 * 40);
    [230, 4, 99999].forEach((id, i) => fields.writeUInt32LE(id, i * 40));
    expect(call('nvmlDeviceGetFieldValues', gpu, 3, fields)).toBe(0);
    const read = [0, 1, 2].map((i) => ({
      status: fields.readInt32LE(i * 40 + 28),
      value: fields.readUInt32LE(i * 40 + 32),
    }));
    expect(read[0]).toEqual({ status: 0, value: 4 });
    expect(read[1]).toEqual({ status: 0, value: 2 });
    expect(read[2]?.status).toBe(NOT_SUPPORTED);
  });
});

describe('processes', () => {
  const processes = [
    { pid: 4242, bytes: 2 ** 30, name: 'trainer' },
    { pid: 77, bytes: 4096, type: 'graphics' },
  ];

  test('are counted first, and then listed; each version has its own entries', () => {
    const gpu = start({ devices: [{ condition: { processes } }] });
    const count = Buffer.alloc(4);
    expect(call('nvmlDeviceGetComputeRunningProcesses_v3', gpu, count, null)).toBe(INSUFFICIENT);
    expect(count.readUInt32LE()).toBe(1);
    const v3 = out(24);
    expect(call('nvmlDeviceGetComputeRunningProcesses_v3', gpu, count, v3)).toBe(0);
    expect(v3.readUInt32LE(0)).toBe(4242);
    expect(v3.readBigUInt64LE(8)).toBe(BigInt(2 ** 30));
    expect(v3.readUInt32LE(16)).toBe(0xffffffff);
    const v1 = out(24);
    expect(call('nvmlDeviceGetComputeRunningProcesses', gpu, count, v1)).toBe(0);
    expect(v1.readUInt32LE(0)).toBe(4242);
    expect(v1.readUInt32LE(16)).toBe(0xeeeeeeee); // 16 bytes only
    expect(call('nvmlDeviceGetGraphicsRunningProcesses_v3', gpu, count, v3)).toBe(0);
    expect(v3.readUInt32LE(0)).toBe(77);
    expect(state().devices[0]?.used).toBe(2 ** 30 + 4096);
    const name = out(32);
    expect(call('nvmlSystemGetProcessName', 4242, name, 32)).toBe(0);
    expect(text(name)).toBe('trainer');
    expect(call('nvmlSystemGetProcessName', 4242, name, 4)).toBe(0);
    expect(text(name)).toBe('tra');
    expect(call('nvmlSystemGetProcessName', 1, name, 32)).toBe(NOT_FOUND);
  });

  test('hold this one while it has a context, with what it holds', () => {
    const gpu = start({ contextOverheadBytes: 1024 });
    const count = Buffer.alloc(4);
    expect(call('nvmlDeviceGetComputeRunningProcesses_v3', gpu, count, null)).toBe(0);
    expect(malloc(4096).status).toBe(0);
    count.writeUInt32LE(1);
    const entry = out(24);
    expect(call('nvmlDeviceGetComputeRunningProcesses_v3', gpu, count, entry)).toBe(0);
    expect(entry.readUInt32LE(0)).toBe(process.pid);
    expect(entry.readBigUInt64LE(8)).toBe(5120n);
  });
});

describe('events', () => {
  function eventSet(gpu: bigint, types = 8): bigint {
    const set = out(8);
    expect(call('nvmlEventSetCreate', set)).toBe(0);
    expect(call('nvmlDeviceRegisterEvents', gpu, types, set.readBigUInt64LE())).toBe(0);
    return set.readBigUInt64LE();
  }

  test('an Xid reaches whoever registered for that device, once', () => {
    const gpu = start({ devices: 2 });
    const set = eventSet(gpu);
    const other = eventSet(nvmlHandle(1));
    expect(control('raiseXid', { xid: 79, device: 0 }).status).toBe(0);
    const data = out(32);
    expect(call('nvmlEventSetWait_v2', set, data, 0)).toBe(0);
    expect(data.readBigUInt64LE(0)).toBe(gpu);
    expect(data.readBigUInt64LE(8)).toBe(8n);
    expect(data.readBigUInt64LE(16)).toBe(79n);
    expect(data.readUInt32LE(24)).toBe(0xffffffff);
    expect(call('nvmlEventSetWait_v2', set, data, 0)).toBe(TIMEOUT);
    expect(call('nvmlEventSetWait_v2', other, data, 0)).toBe(TIMEOUT);
  });

  test('the old wait fills three members', () => {
    const gpu = start();
    const set = eventSet(gpu);
    control('raiseXid', { xid: 31, device: 0 });
    const data = out(32);
    expect(call('nvmlEventSetWait', set, data, 0)).toBe(0);
    expect(data.readBigUInt64LE(16)).toBe(31n);
    expect(data.readUInt32LE(24)).toBe(0xeeeeeeee);
  });

  test('a wait on another thread ends with the event', async () => {
    const gpu = start({ clock: 'virtual' });
    const set = eventSet(gpu);
    const data = out(32);
    const waiting = callElsewhere('nvmlEventSetWait_v2', set, data, 60_000);
    control('raiseXid', { xid: 48, device: 0 });
    expect(await waiting).toBe(0);
    expect(data.readBigUInt64LE(16)).toBe(48n);
  });

  test('a wait ends when the clock is advanced past its timeout', async () => {
    const gpu = start({ clock: 'virtual' });
    const waiting = callElsewhere('nvmlEventSetWait_v2', eventSet(gpu), out(32), 60_000);
    let ended = false;
    void waiting.then(() => (ended = true));
    while (!ended) {
      control('advance', { ms: 60_000 });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await waiting).toBe(TIMEOUT);
  });

  test('a set that was freed, or is of an earlier machine, is none', () => {
    const gpu = start();
    const set = eventSet(gpu);
    expect(call('nvmlEventSetFree', set)).toBe(0);
    expect(call('nvmlEventSetWait_v2', set, out(32), 0)).toBe(INVALID);
    expect(call('nvmlEventSetFree', set)).toBe(INVALID);
    expect(call('nvmlDeviceRegisterEvents', gpu, 8, set)).toBe(INVALID);
    expect(call('nvmlDeviceRegisterEvents', start(), 2 ** 40, eventSet(nvmlHandle()))).toBe(
      NOT_SUPPORTED,
    );
  });
});

describe('MIG', () => {
  const devices = [{ profile: 'a100-40gb', mig: ['3g.20gb', '2g.10gb'] }];

  test('instances have handles, names, UUIDs and memory of their own', () => {
    const board = start({ devices });
    const mode = [out(4), out(4)];
    expect(call('nvmlDeviceGetMigMode', board, ...mode)).toBe(0);
    expect(mode[0]?.readUInt32LE()).toBe(1);
    expect(value('nvmlDeviceGetMaxMigDeviceCount', board)).toBe(7);
    const handle = out(8);
    expect(call('nvmlDeviceGetMigDeviceHandleByIndex', board, 1, handle)).toBe(0);
    const instance = handle.readBigUInt64LE();
    expect(value('nvmlDeviceIsMigDeviceHandle', instance)).toBe(1);
    expect(value('nvmlDeviceIsMigDeviceHandle', board)).toBe(0);
    const name = out(96);
    expect(call('nvmlDeviceGetName', instance, name, 96)).toBe(0);
    expect(text(name)).toBe('NVIDIA A100-SXM4-40GB MIG 2g.10gb');
    const uuid = out(96);
    expect(call('nvmlDeviceGetUUID', instance, uuid, 96)).toBe(0);
    expect(text(uuid)).toMatch(/^MIG-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(call('nvmlDeviceGetHandleByUUID', chars(text(uuid)), handle)).toBe(0);
    expect(handle.readBigUInt64LE()).toBe(instance);
    expect(call('nvmlDeviceGetDeviceHandleFromMigDeviceHandle', instance, handle)).toBe(0);
    expect(handle.readBigUInt64LE()).toBe(board);
    expect(call('nvmlDeviceGetMigDeviceHandleByIndex', board, 2, handle)).toBe(NOT_FOUND);
    expect(call('nvmlDeviceGetUtilizationRates', instance, out(8))).toBe(NOT_SUPPORTED);
    expect(call('nvmlDeviceGetUtilizationRates', board, out(8))).toBe(NOT_SUPPORTED);
    const memory = out(24);
    expect(call('nvmlDeviceGetMemoryInfo', instance, memory)).toBe(0);
    expect(Number(memory.readBigUInt64LE(0))).toBe(10 * 2 ** 30);
  });

  test('CUDA works on the first instance, and the board counts it', () => {
    const board = start({ devices, contextOverheadBytes: 0 });
    const before = state().devices[0]?.free ?? 0;
    expect(malloc(2 ** 20).status).toBe(0);
    expect(state().devices[0]?.free).toBe(before - 2 ** 20);
    expect(malloc(30 * 2 ** 30).status).toBe(2); // fits the board, not the instance
    const count = Buffer.alloc(4);
    count.writeUInt32LE(1);
    const entry = out(24);
    expect(call('nvmlDeviceGetComputeRunningProcesses_v3', board, count, entry)).toBe(0);
    expect(entry.readUInt32LE(16)).toBe(1);
  });

  test('another instance by its UUID in the list of visible devices', () => {
    start({ devices });
    const uuid = out(96);
    const handle = out(8);
    call('nvmlDeviceGetMigDeviceHandleByIndex', nvmlHandle(0), 1, handle);
    call('nvmlDeviceGetUUID', handle.readBigUInt64LE(), uuid, 96);
    configure({ devices, visibleDevices: text(uuid) });
    expect(call('cuInit', 0)).toBe(0);
    const total = out(8);
    expect(call('cuDeviceTotalMem_v2', total, 0)).toBe(0);
    expect(Number(total.readBigUInt64LE())).toBe(10 * 2 ** 30);
  });

  test('is not supported where boards cannot be divided', () => {
    expect(call('nvmlDeviceGetMigMode', start({ devices: 'l4' }), out(4), out(4))).toBe(
      NOT_SUPPORTED,
    );
  });
});

describe('the older plain symbols', () => {
  test('count and number only what may be opened', () => {
    configure({ devices: [{}, { permitted: false }, {}] });
    expect(call('nvmlInit')).toBe(NO_PERMISSION); // it started every GPU
    expect(call('nvmlInit_v2')).toBe(0);
    expect(value('nvmlDeviceGetCount_v2')).toBe(3);
    expect(value('nvmlDeviceGetCount')).toBe(2);
    expect(call('nvmlDeviceGetHandleByIndex_v2', 1, out(8))).toBe(NO_PERMISSION);
    const handle = out(8);
    expect(call('nvmlDeviceGetHandleByIndex', 1, handle)).toBe(0);
    expect(handle.readBigUInt64LE()).toBe(nvmlHandle(2));
    expect(call('nvmlDeviceGetHandleByIndex', 2, handle)).toBe(INVALID);
  });

  test('fill less of the PCI record', () => {
    const gpu = start();
    const touched = (name: string): number => {
      const pci = out(68);
      expect(call(name, gpu, pci)).toBe(0);
      return 68 - [...pci].reverse().findIndex((byte) => byte !== 0xee);
    };
    expect(touched('nvmlDeviceGetPciInfo')).toBe(32);
    expect(touched('nvmlDeviceGetPciInfo_v2')).toBe(36);
    expect(touched('nvmlDeviceGetPciInfo_v3')).toBe(68);
  });
});

describe('words for codes', () => {
  test('stand still, whatever is shut down', () => {
    start();
    expect(callForText('nvmlErrorString', 15)).toMatch(/^NVML_ERROR_GPU_IS_LOST: \w/);
    const address = koffi.load(LIBRARY).func('nvmlErrorString', 'uintptr_t', ['int']) as (
      code: number,
    ) => number;
    const before = address(15);
    call('nvmlShutdown');
    configure();
    expect(address(15)).toBe(before);
    expect(callForText('nvmlErrorString', 0)).toBe('NVML_SUCCESS');
    expect(callForText('nvmlErrorString', 12345)).toBe('this number is no code of NVML');
  });
});

describe('what is not modelled', () => {
  const unmodelled = (name: string, ...values: bigint[]): number =>
    koffi.load(LIBRARY).func(name, 'int', ['uintptr_t'])(...(values.length ? values : [0]));

  test('is there, and answers that it is not supported', () => {
    start();
    expect(UNMODELLED.length).toBeGreaterThan(300);
    for (const name of UNMODELLED) expect([name, unmodelled(name)]).toEqual([name, NOT_SUPPORTED]);
    expect(state().calls['nvmlDeviceGetVgpuCapabilities']).toBe(1);
  });

  test('obeys rules, by device, too', () => {
    const gpu = start({ devices: 2 });
    inject({ library: 'nvml', call: 'nvmlDeviceGetGspFirmwareMode', device: 1, code: 15 });
    expect(unmodelled('nvmlDeviceGetGspFirmwareMode', gpu)).toBe(NOT_SUPPORTED);
    expect(unmodelled('nvmlDeviceGetGspFirmwareMode', nvmlHandle(1))).toBe(15);
  });
});
