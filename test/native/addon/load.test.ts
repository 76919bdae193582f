import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GPUFailure } from '../../../lib/failure/types.js';
import { answerOf, root, runProgram } from './support';

interface Answer {
  name: string | null;
  message: string;
  shown: string;
  failure: GPUFailure;
  cause: string;
  tried: boolean;
  total: number;
  mock: boolean;
}

const load = (env: Record<string, string>): Answer => answerOf<Answer>(runProgram('load.cjs', env));

const folder = mkdtempSync(join(tmpdir(), 'gpu-exceptions-load-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('loading the addon', () => {
  it('fails with what to run, and for whoever debugs it with every candidate and its reason', () => {
    // The compiled package lies where no addon was built.
    const answer = load({ GPU_EXCEPTIONS_ADDON: '' });
    expect(answer).toMatchObject({
      name: 'GPUException',
      message: expect.stringMatching(/not built.*npx gpu-exceptions build/),
      failure: { category: 'library', restart: 'environment', evidence: 'probe', library: null },
      tried: false,
    });
    expect(answer.failure.remedy).toMatch(/npx gpu-exceptions build/);
    expect(answer.cause).toMatch(/build.Release.gpu_exceptions\.node: no such file/);
    expect(answer.cause).toMatch(/prebuilds.*gpu_exceptions\.node: no such file/);
    expect(answer.cause).toMatch(/It was never built here/);
    // A client may read no path.
    expect(answer.shown).not.toMatch(/[\\/](build|prebuilds)/);
  });

  it('tries an explicit path and nothing else', () => {
    const answer = load({ GPU_EXCEPTIONS_ADDON: '/nonexistent/gpu_exceptions.node' });
    expect(answer.name).toBe('GPUException');
    expect(answer.cause).toMatch(/nonexistent.gpu_exceptions\.node: no such file/);
    expect(answer.cause).not.toMatch(/prebuilds/);
  });

  it('refuses a file that is no addon, in the loader’s own words', () => {
    const file = join(folder, 'text.node');
    writeFileSync(file, 'This is no library.\n'.repeat(20));
    expect(load({ GPU_EXCEPTIONS_ADDON: file }).cause).toMatch(
      /text\.node: .*(ELF|Win32|file too short)/,
    );
  });

  it('refuses an addon that was built for another version of the package', () => {
    const file = join(root, 'test', 'fixtures', 'addon', 'other-version.cjs');
    expect(load({ GPU_EXCEPTIONS_ADDON: file }).cause).toMatch(
      /built for another version of this package \(interface 99\)/,
    );
  });
});

describe('the backend', () => {
  it('is the stand-in only when it is named', () => {
    expect(load({ GPU_EXCEPTIONS_BACKEND: 'mock' })).toMatchObject({ name: null, mock: true });
  });

  it('takes the scenario as JSON text or as a file', () => {
    const scenario = JSON.stringify({ devices: [{ memoryBytes: 12345678 }] });
    const file = join(folder, 'scenario.json');
    writeFileSync(file, scenario);
    for (const given of [scenario, file]) {
      expect(
        load({ GPU_EXCEPTIONS_BACKEND: 'mock', GPU_EXCEPTIONS_MOCK_SCENARIO: given }),
      ).toMatchObject({ name: null, total: 12345678 });
    }
  });

  it('fails loudly for a backend or a scenario that does not exist', () => {
    const backend = load({ GPU_EXCEPTIONS_BACKEND: 'mok' });
    expect(backend).toMatchObject({ name: 'GPUException', tried: false });
    expect(backend.cause).toBe('GPU_EXCEPTIONS_BACKEND is "mok"; allowed are mock and real');

    const scenario = load({
      GPU_EXCEPTIONS_BACKEND: 'mock',
      GPU_EXCEPTIONS_MOCK_SCENARIO: '{"device":2}',
    });
    expect(scenario).toMatchObject({ name: 'GPUException', failure: { category: 'library' } });
    expect(scenario.cause).toMatch(/device/);

    const missing = load({
      GPU_EXCEPTIONS_BACKEND: 'mock',
      GPU_EXCEPTIONS_MOCK_SCENARIO: join(folder, 'absent.json'),
    });
    expect(missing.cause).toMatch(/ENOENT/);
  });
});
