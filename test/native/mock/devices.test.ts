import {
  GiB,
  call,
  callBlindly,
  chars,
  configure,
  isUntouched,
  nvmlHandle,
  out,
  readInt,
  setEnvironment,
  state,
  text,
} from './stand-in';

const UUIDS = [
  'GPU-11111111-2222-3333-4444-555555555555',
  'GPU-1111aaaa-2222-3333-4444-555555555555',
  'GPU-ffffffff-0000-4000-8000-0123456789ab',
];
/** Listed against the order of their PCI bus ids. */
const THREE = {
  devices: [
    { name: 'First', uuid: UUIDS[0], pciBusId: '0000:C1:00.0', memoryBytes: 3 * GiB },
    { name: 'Second', uuid: UUIDS[1], pciBusId: '0000:81:00.0', memoryBytes: 2 * GiB },
    { name: 'Third', uuid: UUIDS[2], pciBusId: '0001:0a:1f.0', memoryBytes: GiB },
  ],
};

const ENVIRONMENT = ['CUDA_VISIBLE_DEVICES', 'CUDA_DEVICE_ORDER'] as const;
const outside = ENVIRONMENT.map((name) => [name, process.env[name]] as const);

beforeEach(() => {
  for (const name of ENVIRONMENT) setEnvironment(name, undefined);
});
afterAll(() => {
  for (const [name, value] of outside) setEnvironment(name, value);
});

/** The names of CUDA's devices in the order of their ordinals. */
function cudaDevices(): string[] {
  const status = call('cuInit', 0);
  if (status !== 0) return [`cuInit ${status}`];
  const { value } = readInt('cuDeviceGetCount');
  expect(readInt('cudaGetDeviceCount').value).toBe(value);
  return Array.from({ length: value }, (_, ordinal) => {
    const name = out(96);
    expect(call('cuDeviceGetName', name, 96, ordinal)).toBe(0);
    return text(name);
  });
}

function nvmlDevices(): string[] {
  expect(call('nvmlInit_v2')).toBe(0);
  return Array.from({ length: readInt('nvmlDeviceGetCount_v2').value }, (_, index) => {
    const name = out(96);
    expect(call('nvmlDeviceGetName', nvmlHandle(index), name, 96)).toBe(0);
    return text(name);
  });
}

describe('the order of devices', () => {
  test('is that of the list for CUDA, that of the PCI bus for NVML', () => {
    configure(THREE);
    expect(cudaDevices()).toEqual(['First', 'Second', 'Third']);
    expect(nvmlDevices()).toEqual(['Second', 'First', 'Third']);
    expect(state().devices.map(({ name, cudaOrdinal }) => [name, cudaOrdinal])).toEqual([
      ['Second', 1],
      ['First', 0],
      ['Third', 2],
    ]);
  });

  test('is that of the PCI bus for both when the environment says so', () => {
    setEnvironment('CUDA_DEVICE_ORDER', 'PCI_BUS_ID');
    configure(THREE);
    expect(cudaDevices()).toEqual(['Second', 'First', 'Third']);
  });

  test('is what the scenario says before what the environment says', () => {
    setEnvironment('CUDA_DEVICE_ORDER', 'PCI_BUS_ID');
    configure({ ...THREE, cudaOrder: [2, 0, 1] });
    expect(cudaDevices()).toEqual(['Third', 'Second', 'First']);
  });

  test('is told by no ordinal before CUDA is initialised', () => {
    configure(THREE);
    expect(state().devices.map(({ cudaOrdinal }) => cudaOrdinal)).toEqual([null, null, null]);
  });
});

describe('CUDA_VISIBLE_DEVICES', () => {
  test.each([
    ['1', ['Second']],
    ['2,0', ['Third', 'First']],
    [' 2 , 0 ', ['Third', 'First']],
    ['0,7,1', ['First']],
    ['0,-1,1', ['First']],
    ['0,,1', ['First']],
    ['1x,0', ['Second', 'First']],
    ['', ['cuInit 100']],
    ['-1', ['cuInit 100']],
    ['NoDevFiles', ['cuInit 100']],
    ['99999999999999999999', ['cuInit 100']],
    ['0,0', ['cuInit 100']],
    ['GPU-ffff', ['Third']],
    ['gpu-FFFF', ['Third']],
    [`${UUIDS[2]},${UUIDS[0]}`, ['Third', 'First']],
    ['GPU-11111111,GPU-1111a', ['First', 'Second']],
    ['GPU-1111', ['cuInit 100']],
    ['GPU-ffff,1', ['Third']],
    ['GPU-ffff,GPU-dead,GPU-11111111', ['Third']],
    [`${UUIDS[2]}0`, ['cuInit 100']],
  ])('%j shows %j', (list, expected) => {
    setEnvironment('CUDA_VISIBLE_DEVICES', list);
    configure(THREE);
    expect(cudaDevices()).toEqual(expected);
    expect(nvmlDevices()).toEqual(['Second', 'First', 'Third']);
    // The scenario's own word comes before the environment's.
    setEnvironment('CUDA_VISIBLE_DEVICES', '1,2');
    configure({ ...THREE, visibleDevices: list });
    expect(cudaDevices()).toEqual(expected);
  });

  test('counts in the order that CUDA_DEVICE_ORDER asks for', () => {
    setEnvironment('CUDA_DEVICE_ORDER', 'PCI_BUS_ID');
    setEnvironment('CUDA_VISIBLE_DEVICES', '0');
    configure(THREE);
    expect(cudaDevices()).toEqual(['Second']);
  });

  test('is read when CUDA is initialised', () => {
    configure(THREE);
    setEnvironment('CUDA_VISIBLE_DEVICES', '2');
    expect(cudaDevices()).toEqual(['Third']);
    setEnvironment('CUDA_VISIBLE_DEVICES', '0,1');
    expect(cudaDevices()).toEqual(['Third']);
  });

  test('hides the devices from every CUDA call', () => {
    configure({ ...THREE, visibleDevices: '2' });
    expect(call('cudaSetDevice', 1)).toBe(101);
    expect(call('cudaSetDevice', 0)).toBe(0);
    expect(state().devices.map(({ contextActive }) => contextActive)).toEqual([false, false, true]);
  });
});

describe("the driver's device queries", () => {
  beforeEach(() => {
    configure(THREE);
    expect(call('cuInit', 0)).toBe(0);
  });

  test('cut a name to the buffer', () => {
    const name = out(8);
    expect(call('cuDeviceGetName', name, 4, 0)).toBe(0);
    expect(text(name)).toBe('Fir');
    expect(isUntouched(name.subarray(4))).toBe(true);
    expect(call('cuDeviceGetName', name, 0, 0)).toBe(1);
    expect(call('cuDeviceGetName', null, 8, 0)).toBe(1);
    expect(call('cuDeviceGetName', name, 8, 3)).toBe(101);
  });

  test.each(['cuDeviceGetUuid', 'cuDeviceGetUuid_v2'])('%s gives the bytes of the UUID', (name) => {
    const uuid = out(16);
    expect(call(name, uuid, 2)).toBe(0);
    expect(uuid.toString('hex')).toBe('ffffffff00004000' + '80000123456789ab');
    expect(call(name, null, 2)).toBe(1);
    expect(call(name, uuid, 3)).toBe(101);
  });

  test('give the PCI bus id where it fits', () => {
    const id = out(16);
    expect(call('cuDeviceGetPCIBusId', id, 13, 2)).toBe(0);
    expect(text(id)).toBe('0001:0A:1F.0');
    expect(call('cuDeviceGetPCIBusId', id, 12, 2)).toBe(1);
    expect(call('cuDeviceGetPCIBusId', null, 13, 2)).toBe(1);
  });

  test('give the total memory', () => {
    const bytes = out(8);
    expect(call('cuDeviceTotalMem_v2', bytes, 1)).toBe(0);
    expect(Number(bytes.readBigUInt64LE())).toBe(2 * GiB);
    expect(call('cuDeviceTotalMem_v2', null, 1)).toBe(1);
  });

  test('give the ordinal back', () => {
    expect(readIntFirst('cuDeviceGet', 2)).toEqual([0, 2]);
  });

  function readIntFirst(name: string, argument: number): [number, number] {
    const value = out(4);
    return [call(name, value, argument), value.readInt32LE()];
  }
});

describe('NVML', () => {
  beforeEach(() => {
    configure(THREE);
    expect(call('nvmlInit_v2')).toBe(0);
  });

  test('finds a device by UUID', () => {
    const handle = out(8);
    expect(call('nvmlDeviceGetHandleByUUID', chars(UUIDS[2] ?? ''), handle)).toBe(0);
    expect(handle.readBigUInt64LE()).toBe(nvmlHandle(2));
    expect(call('nvmlDeviceGetHandleByUUID', chars('GPU-dead'), handle)).toBe(6);
    expect(call('nvmlDeviceGetHandleByUUID', null, handle)).toBe(2);
    expect(call('nvmlDeviceGetHandleByUUID', chars(UUIDS[2] ?? ''), null)).toBe(2);
  });

  test.each(['00000000:C1:00.0', '0000:C1:00.0', '0:c1:0', 'C1:00.0', 'c1:0'])(
    'finds a device by the PCI bus id %s',
    (id) => {
      const handle = out(8);
      expect(call('nvmlDeviceGetHandleByPciBusId_v2', chars(id), handle)).toBe(0);
      expect(handle.readBigUInt64LE()).toBe(nvmlHandle(1));
    },
  );

  test.each([
    ['0000:C2:00.0', 6],
    ['0001:C1:00.0', 6],
    ['C1', 2],
    ['', 2],
    ['0000:C1:00.0 ', 2],
    ['0000:C1:20.0', 2],
    ['0000:1C1:00.0', 2],
    ['000000000:C1:00.0', 2],
  ])('answers a look-up of %j with %i', (id, status) => {
    expect(call('nvmlDeviceGetHandleByPciBusId_v2', chars(id), out(8))).toBe(status);
    expect(call('nvmlDeviceGetHandleByPciBusId_v2', null, out(8))).toBe(2);
  });

  test('refuses an index beyond the last', () => {
    for (const index of [3, 255, 256, 2 ** 31, 2 ** 32 - 1]) {
      expect(call('nvmlDeviceGetHandleByIndex_v2', index, out(8))).toBe(2);
    }
    expect(call('nvmlDeviceGetHandleByIndex_v2', 0, null)).toBe(2);
    expect(call('nvmlDeviceGetCount_v2', null)).toBe(2);
  });

  test('refuses a handle that it did not give', () => {
    const good = nvmlHandle(2);
    for (const bad of [0n, 1n, good + 1n, good + 16n, good - 4096n * 2n, 0xffffffffffffffffn]) {
      expect(call('nvmlDeviceGetName', bad, out(96), 96)).toBe(2);
      expect(call('nvmlDeviceGetUUID', bad, out(96), 96)).toBe(2);
      expect(call('nvmlDeviceGetPciInfo_v3', bad, out(68))).toBe(2);
      expect(call('nvmlDeviceGetMemoryInfo', bad, out(24))).toBe(2);
      expect(call('nvmlDeviceGetMemoryInfo_v2', bad, out(40))).toBe(2);
    }
  });

  test.each([
    ['nvmlDeviceGetName', 'Third'],
    ['nvmlDeviceGetUUID', UUIDS[2] ?? ''],
  ])('%s needs room for the text and its end', (name, value) => {
    const handle = nvmlHandle(2);
    const exact = out(value.length + 2);
    expect(call(name, handle, exact, value.length + 1)).toBe(0);
    expect(text(exact)).toBe(value);
    expect(exact[value.length + 1]).toBe(0xee);
    const small = out(value.length);
    expect(call(name, handle, small, value.length)).toBe(7);
    expect(isUntouched(small)).toBe(true);
    expect(call(name, handle, small, 0)).toBe(7);
    expect(call(name, handle, null, 96)).toBe(2);
  });

  test('tells its versions', () => {
    const read = (name: string, length: number): [number, string] => {
      const buffer = out(80);
      const status = call(name, buffer, length);
      return [status, status === 0 ? text(buffer) : ''];
    };
    expect(read('nvmlSystemGetDriverVersion', 80)).toEqual([0, '580.65.06']);
    expect(read('nvmlSystemGetNVMLVersion', 80)).toEqual([0, '13.580.65.06']);
    expect(read('nvmlSystemGetDriverVersion', 9)).toEqual([7, '']);
    expect(call('nvmlSystemGetDriverVersion', null, 80)).toBe(2);
    configure({ driverVersion: '535.104.05', cudaDriverVersion: 12020, cudaRuntimeVersion: 12020 });
    expect(call('nvmlInit_v2')).toBe(0);
    expect(read('nvmlSystemGetDriverVersion', 80)).toEqual([0, '535.104.05']);
    expect(read('nvmlSystemGetNVMLVersion', 80)).toEqual([0, '12.535.104.05']);
    configure({ nvmlVersion: '13.1' });
    expect(call('nvmlInit_v2')).toBe(0);
    expect(read('nvmlSystemGetNVMLVersion', 80)).toEqual([0, '13.1']);
  });

  test('gives the PCI numbers in both widths', () => {
    const pci = out(68);
    expect(call('nvmlDeviceGetPciInfo_v3', nvmlHandle(2), pci)).toBe(0);
    expect(text(pci.subarray(0, 16))).toBe('0001:0A:1F.0');
    expect([16, 20, 24].map((at) => pci.readUInt32LE(at))).toEqual([1, 0x0a, 0x1f]);
    expect(pci.readUInt16LE(28)).toBe(0x10de);
    expect(text(pci.subarray(36))).toBe('00000001:0A:1F.0');
    expect(call('nvmlDeviceGetPciInfo_v3', nvmlHandle(2), null)).toBe(2);
  });
});

describe('default devices', () => {
  test('are the same in every run, and apart', () => {
    configure({ devices: 255 });
    const { devices } = state();
    expect(new Set(devices.map(({ uuid }) => uuid)).size).toBe(255);
    expect(new Set(devices.map(({ pciBusId }) => pciBusId)).size).toBe(255);
    expect(devices[0]).toMatchObject({
      name: 'NVIDIA H100 80GB HBM3',
      uuid: 'GPU-e220a839-7b1d-cdaf-6e78-9e6aa1b965f4',
      pciBusId: '0000:01:00.0',
      computeCapability: '9.0',
      total: 81559 * 2 ** 20,
      reserved: 551 * 2 ** 20,
      used: 0,
    });
    configure();
    expect(state().devices[0]).toEqual({ ...devices[0] });
  });

  test('leave the bus ids that others have', () => {
    configure({ devices: [{}, { pciBusId: '0000:01:00.0' }, {}] });
    expect(state().devices.map(({ pciBusId }) => pciBusId)).toEqual([
      '0000:01:00.0',
      '0000:02:00.0',
      '0000:03:00.0',
    ]);
  });
});

describe('cuDNN', () => {
  const property = (type: number): number => readInt('cudnnGetProperty', type).value;

  test.each([
    ['9.13.0', 91300, [9, 13, 0]],
    ['9.1.0', 90100, [9, 1, 0]],
    ['8.9.1', 8901, [8, 9, 1]],
    ['8.9.7', 8907, [8, 9, 7]],
    ['7.6.5', 7605, [7, 6, 5]],
  ])('%s packs its version as %i', (cudnnVersion, packed, parts) => {
    configure({ cudnnVersion });
    expect(call('cudnnGetVersion')).toBe(packed);
    expect([0, 1, 2].map(property)).toEqual(parts);
  });

  test.each([
    ['9.13.0', 2000, 2000],
    ['8.9.1', 5, 3],
  ])('%s refuses in its own numbers', (cudnnVersion, invalidValue, badParam) => {
    configure({ cudnnVersion });
    expect(call('cudnnGetProperty', 3, out(4))).toBe(invalidValue);
    expect(call('cudnnGetProperty', -1, out(4))).toBe(invalidValue);
    expect(call('cudnnGetProperty', 0, null)).toBe(badParam);
  });

  test('tells which CUDA it is for', () => {
    configure({ cudaRuntimeVersion: 12080, cudaDriverVersion: 13000 });
    expect(callBlindly('cudnnGetCudartVersion')).toBe(12080);
  });
});
