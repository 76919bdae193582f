import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FUNCTIONS, LIBRARY, ROOT } from './stand-in';

const folder = mkdtempSync(path.join(tmpdir(), 'gpu-exceptions-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Outcome {
  answers: Record<string, number>;
  devices: number | null;
  configured: number;
  afterwards: number;
}

/** Opens the library in a new process, as a program would that knows nothing of scenarios. */
function run(scenario: string | undefined): Outcome & { stderr: string; exit: number | null } {
  const script = `
    const koffi = require(${JSON.stringify(require.resolve('koffi', { paths: [ROOT] }))});
    const library = koffi.load(${JSON.stringify(LIBRARY)});
    const kinds = ${JSON.stringify({ int: 'int', uint: 'unsigned int', size: 'size_t', buffer: 'void *', handle: 'uintptr_t' })};
    const answers = {};
    for (const { name, result, parameters } of ${JSON.stringify(FUNCTIONS)}) {
      const types = parameters.map((kind) => kinds[kind]);
      const values = parameters.map((kind) => (kind === 'buffer' ? null : 0));
      answers[name] = Number(library.func(name, result === 'size_t' ? 'size_t' : 'int', types)(...values));
    }
    const control = library.func('gpuExceptionsMockControl', 'int', ['str', 'str', 'void *', 'size_t', 'void *']);
    const answer = Buffer.alloc(1 << 16);
    const ask = (verb, argument) => control(verb, argument, answer, answer.length, null);
    const devices = ask('state', '') === 0
      ? JSON.parse(answer.toString('utf8', 0, answer.indexOf(0))).devices.length : null;
    const configured = ask('configure', '{}');
    const afterwards = Number(library.func('cuInit', 'int', ['unsigned int'])(0));
    console.log(JSON.stringify({ answers, devices, configured, afterwards }));
  `;
  const env = { ...process.env };
  delete env['GPU_EXCEPTIONS_MOCK_SCENARIO'];
  if (scenario !== undefined) env['GPU_EXCEPTIONS_MOCK_SCENARIO'] = scenario;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', script], {
    env,
    encoding: 'utf8',
  });
  return { ...(JSON.parse(stdout) as Outcome), stderr, exit: status };
}

describe('GPU_EXCEPTIONS_MOCK_SCENARIO', () => {
  test.each([
    ['is left out', undefined, 1],
    ['is empty', '', 1],
    ['is JSON text', '{"devices": 5}', 5],
    ['is JSON text after a space', ' {"devices": 5}', 5],
  ])('when it %s', (_, scenario, devices) => {
    expect(run(scenario)).toMatchObject({
      devices,
      stderr: '',
      exit: 0,
      answers: { cuInit: 0, nvmlInit_v2: 0, cudnnGetVersion: 91300 },
    });
  });

  test('when it is the path of a file', () => {
    const file = path.join(folder, 'two.json');
    writeFileSync(file, '{ "devices": 2, "cudnnVersion": "8.9.1" }');
    expect(run(file)).toMatchObject({
      devices: 2,
      stderr: '',
      answers: { cuInit: 0, cudnnGetVersion: 8901 },
    });
  });

  test.each([
    ['{"device": 2}', 'device is no key of a scenario; the nearest is "devices"'],
    ['{', 'the scenario is not valid JSON: line 1, column 2'],
    [path.join(folder, 'none.json'), 'cannot be opened'],
    [folder, 'cannot be read'],
  ])('when it is unusable (%s) everything fails and says why, once', (scenario, words) => {
    const { answers, devices, stderr, configured, afterwards, exit } = run(scenario);
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/^gpu-exceptions mock: GPU_EXCEPTIONS_MOCK_SCENARIO: [^\n]*\n$/);
    expect(devices).toBeNull();
    for (const { name, library, result } of FUNCTIONS) {
      if (result === 'nvmlString_t') continue; // words for a code, which cannot fail
      const failed = { cudnn: 1001, nvrtc: 11 }[library as string] ?? 999;
      const expected = result === 'size_t' ? 0 : failed;
      expect([name, answers[name]]).toEqual([name, expected]);
    }
    // A good scenario given by hand is taken all the same.
    expect([configured, afterwards, exit]).toEqual([0, 0, 0]);
  });
});
