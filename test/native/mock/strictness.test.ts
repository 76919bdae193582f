import fc from 'fast-check';
import { call, configure, control, malloc, rawControl, refusal, state } from './stand-in';

const rule = (more: object): object => ({
  rules: [{ library: 'cudart', call: 'cudaMalloc', code: 2, ...more }],
});

beforeEach(() => {
  configure();
});

describe('a scenario is refused, with the place, what was given and what is meant,', () => {
  test.each<[string, object, string]>([
    ['an unknown key', { device: 2 }, 'device is no key of a scenario; the nearest is "devices"'],
    [
      'a key in the wrong case',
      { devices: [{ memorybytes: 1 }] },
      'devices[0].memorybytes is no key of a device; the nearest is "memoryBytes"',
    ],
    [
      'an unknown key of a rule',
      rule({ after: 2 }),
      'rules[0].after is no key of a rule; the nearest is "afterCalls"',
    ],
    [
      'an unknown library',
      rule({ library: 'cudrt' }),
      'rules[0].library must be "cudart", "cuda", "nvml", "cudnn", "cublas" or "nvrtc"; received "cudrt"; the nearest is "cudart"',
    ],
    [
      'an unknown call',
      rule({ call: 'cudaMaloc' }),
      'rules[0].call "cudaMaloc" matches no function of cudart that the stand-in has; the nearest is "cudaMalloc"',
    ],
    [
      'a name that the header makes a macro of',
      { rules: [{ library: 'cuda', call: 'cuMemGetInfo', code: 2 }] },
      'rules[0].call "cuMemGetInfo" matches no function of cuda that the stand-in has; the nearest is "cuMemGetInfo_v2"',
    ],
    [
      'a call of another library',
      rule({ call: 'cuInit' }),
      'rules[0].call "cuInit" is a function of cuda, not of cudart',
    ],
    [
      'a pattern without a match',
      rule({ call: 'cudaMallo?Asnyc*' }),
      'rules[0].call "cudaMallo?Asnyc*" matches no function of cudart that the stand-in has; the nearest is "cudaMallocAsync"',
    ],
    [
      'an unknown code',
      rule({ code: 'cudaErrorMemoryAlocation' }),
      'rules[0].code "cudaErrorMemoryAlocation" is no code of cudart; the nearest is "cudaErrorMemoryAllocation"',
    ],
    [
      'a code of another library',
      rule({ code: 'CUDA_ERROR_OUT_OF_MEMORY' }),
      'rules[0].code "CUDA_ERROR_OUT_OF_MEMORY" is no code of cudart; the nearest is ',
    ],
    [
      'a code of another cuDNN',
      {
        cudnnVersion: '8.9.1',
        rules: [
          {
            library: 'cudnn',
            call: 'cudnnGetProperty',
            code: 'CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH',
          },
        ],
      },
      'is no code of cudnn 8; the nearest is "CUDNN_STATUS_VERSION_MISMATCH"',
    ],
    ['a success by number', rule({ code: 0 }), 'rules[0].code must not be success'],
    ['a success by name', rule({ code: 'cudaSuccess' }), 'rules[0].code must not be success'],
    ['a code below 0', rule({ code: -1 }), "rules[0].code must be a code's name or its number"],
    ['half a code', rule({ code: 2.5 }), 'received 2.5'],
    ['a code too large', rule({ code: 2 ** 31 }), 'from 1 to 2147483647; received 2147483648'],
    [
      'a code for a function without status',
      { rules: [{ library: 'cudnn', call: 'cudnnGetVersion', code: 1001 }] },
      'rules[0].code cannot be given: "cudnnGetVersion" answers no status; only delayMs and hang act on it',
    ],
    [
      'a device for a function without one',
      { rules: [{ library: 'cuda', call: 'cuInit', code: 999, device: 0 }] },
      'rules[0].device cannot be given: "cuInit" concerns no single device',
    ],
    [
      'a device that is not there',
      rule({ device: 1 }),
      'rules[0].device 1 names no device; the scenario has 1',
    ],
    ['half a call', rule({ afterCalls: 1.5 }), 'rules[0].afterCalls must be a whole number'],
    ['no times', rule({ times: 0 }), 'rules[0].times must be a whole number from 1'],
    ['a delay in words', rule({ delayMs: '5s' }), 'rules[0].delayMs must be whole milliseconds'],
    ['a delay of two days', rule({ delayMs: 172_800_000 }), 'from 0 to 86400000'],
    ['a hang by number', rule({ hang: 1 }), 'rules[0].hang must be true or false; received 1'],
    [
      'a rule that does nothing',
      { rules: [{ library: 'cudart', call: 'cudaMalloc' }] },
      'rules[0] does nothing: it needs a code, a delayMs, an xid or hang: true',
    ],
    ['a rule without library', { rules: [{ call: 'x', code: 1 }] }, 'rules[0].library is missing'],
    ['a rule without call', { rules: [{ library: 'cuda' }] }, 'rules[0].call is missing'],
    ['rules that are no list', { rules: {} }, 'rules must be a list of rules; received an object'],
    ['a rule that is none', { rules: [3] }, 'rules[0] must be an object; received 3'],
    [
      'a size in words',
      { devices: [{ memoryBytes: '80GB' }] },
      'devices[0].memoryBytes must be a whole number of bytes from 1 to 9007199254740991; received "80GB"',
    ],
    ['no memory', { devices: [{ memoryBytes: 0 }] }, 'received 0'],
    [
      'less memory than is taken',
      { devices: [{ memoryBytes: 10, reservedBytes: 6, usedByOthersBytes: 5 }] },
      'devices[0] must have room for what is taken: memoryBytes 10 is less than reservedBytes 6 plus usedByOthersBytes 5',
    ],
    [
      'a UUID of another form',
      { devices: [{}, { uuid: 'GPU-1' }] },
      'devices[1].uuid must be "GPU-" and 32 lower-case hexadecimal digits',
    ],
    [
      'the same UUID twice',
      {
        devices: [
          { uuid: 'GPU-11111111-2222-3333-4444-555555555555' },
          { uuid: 'GPU-11111111-2222-3333-4444-555555555555' },
        ],
      },
      'devices[1].uuid must be its own; "GPU-11111111-2222-3333-4444-555555555555" is that of devices[0]',
    ],
    [
      'the same bus id twice',
      { devices: [{ pciBusId: '0000:3B:00.0' }, { pciBusId: '3b:0' }] },
      'devices[1].pciBusId must be its own; "0000:3B:00.0" is that of devices[0]',
    ],
    [
      'a bus id that is none',
      { devices: [{ pciBusId: '3B' }] },
      'devices[0].pciBusId must be a PCI bus id such as "0000:3B:00.0"; received "3B"',
    ],
    ['a name without letters', { devices: [{ name: '' }] }, 'devices[0].name must be printable'],
    ['a name too long', { devices: [{ name: 'x'.repeat(96) }] }, 'of 1 to 95 bytes'],
    ['a name with a break', { devices: [{ name: 'a\nb' }] }, 'received "a\\u000ab"'],
    [
      'a compute capability by number',
      { devices: [{ computeCapability: 9 }] },
      'devices[0].computeCapability must be a version such as "9.0"; received 9',
    ],
    ['too many devices', { devices: 256 }, 'devices must be a number of devices from 0 to 255'],
    ['a device that is none', { devices: [null] }, 'devices[0] must be an object; received null'],
    ['devices in words', { devices: 'two' }, 'received "two"'],
    [
      'a version in words',
      { driverVersion: 'R580' },
      'driverVersion must be a version such as "580.65.06"; received "R580"',
    ],
    ['a CUDA version in words', { cudaDriverVersion: '13.0' }, 'cudaDriverVersion must be a CUDA'],
    ['a CUDA version of 13', { cudaRuntimeVersion: 13 }, 'e.g. 13000 for 13.0; received 13'],
    ['a runtime of version 0', { cudaRuntimeVersion: 0 }, 'cudaRuntimeVersion must be'],
    ['a cuDNN by number', { cudnnVersion: 91300 }, 'cudnnVersion must be a version such as'],
    ['a cuDNN 8 that cannot be', { cudnnVersion: '8.10.0' }, 'that cudnnGetVersion can express'],
    [
      'MIG instances in the older form',
      { visibleDevices: 'MIG-GPU-5c89852c-d268-c3f3-1b07-005d5ae1dc3f/7/0' },
      'visibleDevices must name MIG instances by their own UUIDs (MIG-<uuid>)',
    ],
    ['visible devices as a list', { visibleDevices: [0] }, 'visibleDevices must be text'],
    [
      'an order that leaves one out',
      { devices: 2, cudaOrder: [0] },
      "cudaOrder must be a list of all 2 NVML indexes, each once, in CUDA's order; received 1 of them",
    ],
    ['an order with one twice', { cudaOrder: [0, 0], devices: 2 }, 'received 0 at position 1'],
    ['an order with one too many', { cudaOrder: [0, 1], devices: 1 }, 'received 1 at position 1'],
    ['overhead below 0', { contextOverheadBytes: -1 }, 'contextOverheadBytes must be a whole'],
  ])('%s', (_, scenario, words) => {
    const message = refusal(scenario);
    expect(message).toMatch(/^gpu-exceptions mock: /);
    expect(message).toContain(words);
  });

  test('and the one before stays', () => {
    configure({ devices: 3 });
    const { status } = malloc(1);
    expect(status).toBe(0);
    refusal({ devices: 3, rules: [{}] });
    expect(state().devices).toHaveLength(3);
    expect(state().allocations).toBe(1);
  });

  test('and so is a rule that is injected', () => {
    const { status, text } = control('inject', { library: 'nvml', call: 'nvml', code: 1 });
    expect(status).toBe(1);
    expect(text).toMatch(/^gpu-exceptions mock: rule\.call "nvml" matches no function/);
    expect(control('inject', '').text).toContain('the rule is not valid JSON: line 1, column 1');
  });
});

describe('JSON', () => {
  test.each([
    ['{', 'line 1, column 2: a key in double quotes is due here'],
    ['{"devices": 1,}', 'line 1, column 15: a key in double quotes is due here'],
    ['{\n "devices": 01}', 'line 2, column 14: a number must not begin with 0'],
    ['{"devices": 1} x', 'column 16: nothing may follow the value'],
    ['{"devices": 1, "devices": 2}', 'the key "devices" stands here twice'],
    ['{"devices": .5}', 'a value is due here'],
    ['{"devices": 1.}', 'a digit is due here'],
    ['{"devices": 1e}', 'a digit is due here'],
    ['{"devices": -}', 'a value is due here'],
    ['{"devices": 1e999}', 'the number 1e999 is out of range'],
    ['{"devices": NaN}', 'a value is due here'],
    ['{"devices": tru}', 'a value is due here'],
    ["{'devices': 1}", 'a key in double quotes is due here'],
    ['{"a": "\t"}', 'a control character must be escaped'],
    ['{"a": "\\x"}', 'unknown escape'],
    ['{"a": "\\u12g4"}', 'four hexadecimal digits are due here'],
    ['{"a": "\\ud800"}', 'a lone surrogate is no character'],
    ['{"a": "\\udc00\\ud800"}', 'a lone surrogate is no character'],
    ['{"a": "x', 'the text ends inside a string'],
    ['{"a" 1}', "':' is due here"],
    ['{"a": [1 2]}', "',' or ']' is due here"],
    ['// none', 'a value is due here'],
    [`{"devices": ${'['.repeat(100)}`, 'nested deeper than 64'],
  ])('%j is refused', (text, words) => {
    const message = refusal(text);
    expect(message).toMatch(
      /^gpu-exceptions mock: the scenario is not valid JSON: line \d+, column/,
    );
    expect(message).toContain(words);
  });

  test.each([
    ['80', 'a continuation byte alone'],
    ['c0af', 'too long a form'],
    ['e08080', 'too long a form'],
    ['eda080', 'a surrogate'],
    ['f4908080', 'beyond U+10FFFF'],
    ['f0808080', 'too long a form'],
    ['e282', 'cut short'],
    ['ff', 'no byte of UTF-8'],
  ])('the bytes %s are refused: %s', (bytes) => {
    const answer = Buffer.alloc(1000);
    const text = Buffer.concat([
      Buffer.from('{"devices":[{"name":"'),
      Buffer.from(bytes, 'hex'),
      Buffer.from('"}]}\0'),
    ]);
    expect(rawControl('configure', text, answer, answer.length, Buffer.alloc(8))).toBe(1);
    expect(answer.toString('utf8')).toContain('the bytes here are not UTF-8');
  });

  test('of every kind is read as JavaScript means it', () => {
    fc.assert(
      fc.property(
        fc
          .string({ unit: 'binary', minLength: 1, maxLength: 20 })
          .filter((name) => Buffer.byteLength(name) <= 95 && ![...name].some((c) => c < ' ')),
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        (name, memoryBytes) => {
          configure({ devices: [{ name, memoryBytes, reservedBytes: 0 }] });
          expect(state().devices[0]).toMatchObject({ name, total: memoryBytes });
        },
      ),
    );
  });

  test('escapes and spaces are taken', () => {
    configure();
    const text =
      ' {\t"devices"\r\n: [ { "name" : "\\u0041\\ud83d\\ude00\\/\\"\\\\" , "memoryBytes": 1.5e3, "reservedBytes": 0 } ] } ';
    expect(control('configure', text).status).toBe(0);
    expect(state().devices[0]).toMatchObject({ name: 'A😀/"\\', total: 1500 });
  });

  test('never crashes the process, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.json().map((j) => j.slice(0, -1)),
        ),
        (text) => {
          const { status, text: answer } = control('configure', text === '' ? ' ' : text);
          expect(status === 0 || answer.startsWith('gpu-exceptions mock: ')).toBe(true);
          expect(answer.length).toBeLessThan(1000);
        },
      ),
      { numRuns: 300 },
    );
    const deep = '{"devices":'.repeat(200_000);
    expect(refusal(deep)).toContain('nested deeper than 64');
    expect(refusal({ ['k'.repeat(1_000_000)]: 1 }).length).toBeLessThan(300);
  });
});

describe('the control call', () => {
  test('refuses an unknown verb', () => {
    expect(control('configur')).toEqual({
      status: 1,
      text: 'gpu-exceptions mock: there is no control verb "configur"; the nearest is "configure"',
    });
  });

  test('cuts its answer to the buffer and tells the full length', () => {
    configure({ clock: 'virtual' });
    const whole = control('state').text;
    const needed = Buffer.alloc(8);
    const answer = Buffer.alloc(12, 0xee);
    expect(rawControl('state', '', answer, 10, needed)).toBe(0);
    expect(Number(needed.readBigUInt64LE())).toBe(whole.length + 1);
    expect(answer.subarray(0, 10).toString('latin1')).toBe(`${whole.slice(0, 9)}\0`);
    expect(answer[10]).toBe(0xee);
    expect(rawControl('state', '', null, 0, needed)).toBe(0);
    expect(rawControl(null, null, null, 0, null)).toBe(1);
  });

  test('leaves the machine as it is when it only asks', () => {
    configure({ clock: 'virtual' });
    expect(malloc(256).status).toBe(0);
    const before = control('state').text;
    expect(control('state').text).toBe(before);
    expect(call('cudaGetLastError')).toBe(0);
  });
});
