import {
  call,
  callElsewhere,
  configure,
  control,
  inject,
  malloc,
  memoryInfo,
  nvmlHandle,
  out,
  readInt,
  refusal,
  reset,
  state,
} from './stand-in';

/** What each layer answers under a preset, on a fresh machine. */
function answers(preset: string | object): Record<'nvml' | 'cuda' | 'cudart', number> {
  configure({ presets: [preset], devices: 'h100:2' });
  const nvml = call('nvmlInit_v2') || call('nvmlDeviceGetHandleByIndex_v2', 0, out(8));
  const cuda = call('cuInit', 0) || call('cuDevicePrimaryCtxRetain', out(8), 0);
  return { nvml, cuda, cudart: malloc(1024).status };
}

describe('a preset', () => {
  const poisoned = {
    'contained-error': 226,
    'illegal-address': 700,
    'launch-timeout': 702,
    assert: 710,
    'hardware-stack-error': 714,
    'illegal-instruction': 715,
    'misaligned-address': 716,
    'invalid-address-space': 717,
    'invalid-pc': 718,
    'launch-failure': 719,
    'tensor-memory-leak': 721,
    'mps-client-terminated': 810,
    'external-device': 911,
  };

  test.each(Object.entries(poisoned))('%s poisons the context with %i', (preset, code) => {
    expect(answers(preset)).toEqual({ nvml: 0, cuda: 0, cudart: code });
    expect(state().devices.map((each) => each.poisoned)).toEqual([code, null]);
    expect(call('cudaGetLastError')).toBe(code);
    expect(call('cudaGetLastError')).toBe(code); // it stays
    expect(call('cudaSetDevice', 1)).toBe(0); // the other device works
    expect(malloc(1024).status).toBe(0);
  });

  test.each([
    ['fragmentation', { nvml: 0, cuda: 0, cudart: 2 }],
    ['device-lost', { nvml: 15, cuda: 999, cudart: 999 }],
    ['fallen-off-the-bus', { nvml: 15, cuda: 999, cudart: 999 }],
    ['ecc-uncorrectable', { nvml: 0, cuda: 0, cudart: 214 }],
    ['row-remap-failure', { nvml: 0, cuda: 0, cudart: 214 }],
    ['reset-required', { nvml: 0, cuda: 46, cudart: 46 }],
    ['exclusive-mode-busy', { nvml: 0, cuda: 46, cudart: 46 }],
    ['no-permission', { nvml: 4, cuda: 800, cudart: 800 }],
    ['driver-not-loaded', { nvml: 9, cuda: 100, cudart: 35 }],
    ['driver-too-old', { nvml: 0, cuda: 0, cudart: 35 }],
    ['version-mismatch', { nvml: 18, cuda: 803, cudart: 803 }],
    ['no-device', { nvml: 2, cuda: 100, cudart: 100 }],
    ['system-not-ready', { nvml: 0, cuda: 802, cudart: 802 }],
  ])('%s', (preset, expected) => {
    expect(answers(preset)).toEqual(expected);
  });

  test('out-of-memory fails what does not fit, by the ledger', () => {
    configure({ presets: ['out-of-memory'], contextOverheadBytes: 0 });
    expect(malloc(600 * 2 ** 20).status).toBe(2);
    expect(malloc(500 * 2 ** 20).status).toBe(0);
    expect(memoryInfo().free).toBe(12 * 2 ** 20);
  });

  test('fragmentation fails although enough is free', () => {
    configure({ presets: ['fragmentation'] });
    expect(malloc(4096).status).toBe(2);
    expect(memoryInfo().free).toBeGreaterThan(2 ** 36);
  });

  test('ecc-uncorrectable shows in NVML', () => {
    configure({ presets: ['ecc-uncorrectable'] });
    call('nvmlInit_v2');
    const count = out(8);
    expect(call('nvmlDeviceGetTotalEccErrors', nvmlHandle(), 1, 0, count)).toBe(0);
    expect(count.readBigUInt64LE()).toBe(1n);
    const fields = Buffer.alloc(40);
    fields.writeUInt32LE(230);
    call('nvmlDeviceGetFieldValues', nvmlHandle(), 1, fields);
    expect(fields.readUInt32LE(32)).toBe(1); // gpu-reset
  });

  test('fallen-off-the-bus raises Xid 79 once', () => {
    configure({ presets: [{ preset: 'fallen-off-the-bus', afterCalls: 3 }] });
    call('nvmlInit_v2');
    const gpu = nvmlHandle();
    const set = out(8);
    call('nvmlEventSetCreate', set);
    expect(call('nvmlDeviceRegisterEvents', gpu, 8, set.readBigUInt64LE())).toBe(0);
    expect(readInt('nvmlDeviceGetTemperature', gpu, 0).status).toBe(0);
    expect(readInt('nvmlDeviceGetTemperature', gpu, 0).status).toBe(15);
    const data = out(32);
    expect(call('nvmlEventSetWait_v2', set.readBigUInt64LE(), data, 0)).toBe(0);
    expect(data.readBigUInt64LE(16)).toBe(79n);
    expect(readInt('nvmlDeviceGetTemperature', gpu, 0).status).toBe(15);
    expect(call('nvmlEventSetWait_v2', set.readBigUInt64LE(), data, 0)).toBe(10);
  });

  test('nvml-hang holds until it is reset', async () => {
    configure({ presets: ['nvml-hang'] });
    call('nvmlInit_v2');
    const asked = callElsewhere('nvmlDeviceGetMemoryInfo', nvmlHandle(), out(24));
    while (state().hanging === 0) await new Promise((resolve) => setImmediate(resolve));
    reset();
    expect(await asked).toBe(1); // the fresh machine's NVML is not initialised
  });

  test('init-fails-twice, and then works', () => {
    configure({ presets: ['init-fails-twice'] });
    expect([1, 2, 3].map(() => call('nvmlInit_v2'))).toEqual([9, 9, 0]);
    expect([1, 2, 3].map(() => call('cuInit', 0))).toEqual([802, 802, 0]);
  });

  test('names its device by its place in the list', () => {
    configure({
      devices: [{ pciBusId: '0000:09:00.0' }, { pciBusId: '0000:02:00.0' }],
      presets: [{ preset: 'device-lost', device: 0 }],
    });
    call('nvmlInit_v2');
    expect(readInt('nvmlDeviceGetTemperature', nvmlHandle(0), 0).status).toBe(0);
    expect(call('nvmlDeviceGetHandleByIndex_v2', 1, out(8))).toBe(15);
    expect(call('cudaSetDevice', 0)).toBe(999);
    expect(call('cudaSetDevice', 1)).toBe(0);
  });

  test.each([
    [['nvml'], { nvml: 15, cuda: 0, cudart: 0 }],
    [['cudart'], { nvml: 0, cuda: 0, cudart: 999 }],
  ])('can fail in one layer alone: %s', (layers, expected) => {
    expect(answers({ preset: 'device-lost', layers })).toEqual(expected);
  });

  test('is refused by a name that is not there', () => {
    expect(refusal({ presets: ['devicelost'] })).toContain(
      'presets[0] must be the name of a preset; received "devicelost"; the nearest is "device-lost"',
    );
    expect(refusal({ presets: [{ preset: 'assert', device: 1 }] })).toContain(
      'presets[0] is for device 1, which the scenario does not have',
    );
    expect(refusal({ presets: [{ device: 1 }] })).toContain('presets[0].preset is missing');
  });

  test('can be injected, unless it changes what the machine is made of', () => {
    configure();
    call('nvmlInit_v2');
    const gpu = nvmlHandle();
    inject({ preset: 'fallen-off-the-bus' });
    expect(readInt('nvmlDeviceGetTemperature', gpu, 0).status).toBe(15);
    expect(malloc(1).status).toBe(999);
    expect(control('inject', { preset: 'no-device' }).text).toContain(
      'only be given in a scenario',
    );
    reset();
    expect(malloc(1).status).toBe(0);
  });
});

describe('profiles', () => {
  test.each([
    ['t4', 'Tesla T4', 15360, '7.5'],
    ['l4', 'NVIDIA L4', 23034, '8.9'],
    ['a10g', 'NVIDIA A10G', 23028, '8.6'],
    ['a100-40gb', 'NVIDIA A100-SXM4-40GB', 40960, '8.0'],
    ['a100-80gb', 'NVIDIA A100-SXM4-80GB', 81920, '8.0'],
    ['l40s', 'NVIDIA L40S', 46068, '8.9'],
    ['h100', 'NVIDIA H100 80GB HBM3', 81559, '9.0'],
    ['h200', 'NVIDIA H200', 143771, '9.0'],
    ['b200', 'NVIDIA B200', 183359, '10.0'],
    ['rtx-4090', 'NVIDIA GeForce RTX 4090', 24564, '8.9'],
    ['jetson-orin', 'Orin', 30697, '8.7'],
  ])('%s', (profile, name, mebibytes, computeCapability) => {
    configure({ devices: profile });
    expect(state().devices[0]).toMatchObject({
      name,
      total: mebibytes * 2 ** 20,
      computeCapability,
    });
  });

  test('are counted and mixed', () => {
    configure({ devices: 'h100:2,l4' });
    expect(state().devices.map(({ name }) => name.slice(7, 11))).toEqual(['H100', 'H100', 'L4']);
    configure({ devices: ['a100-80gb', { profile: 'l4', memoryBytes: 2 ** 30 }, 't4:2'] });
    expect(state().devices.map(({ total }) => total / 2 ** 20)).toEqual([
      81920, 1024, 15360, 15360,
    ]);
    configure({ devices: 'h100:255' });
    expect(new Set(state().devices.map(({ uuid }) => uuid)).size).toBe(255);
  });

  test.each([
    [{ devices: 'h10' }, 'the nearest is "h100"'],
    [{ devices: 'h100:0' }, 'such as "h100:2"; received "h100:0"'],
    [{ devices: 'h100:200,l4:100' }, 'names 300 devices; at most 255 are possible'],
    [{ devices: [{ profile: 'l4', mig: ['1g.10gb'] }] }, 'l4 cannot be divided'],
    [{ devices: [{ mig: ['3g.40gb', '3g.40gb', '3g.40gb'] }] }, 'must fit the device'],
    [{ devices: [{ mig: ['1g.33gb'] }] }, '"1g.33gb" is no part of this device'],
    [{ devices: [{ freeBytes: 1, usedByOthersBytes: 1 }] }, 'beside usedByOthersBytes'],
    [
      { devices: [{ usedByOthersBytes: 1, condition: { processes: [{ pid: 1, bytes: 2 }] } }] },
      'must hold what the processes of "condition" hold, 2 bytes; received 1',
    ],
  ])('%j is refused', (scenario, words) => {
    expect(refusal(scenario)).toContain(words);
  });
});
