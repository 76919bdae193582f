import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '..', '..');

/** What npm would publish, installed as often as asked for, in a folder that `remove` sweeps. */
export interface Installed {
  /** One folder per application; each has its own copy in `node_modules/gpu-exceptions`. */
  applications: string[];
  /** Files of the published package, relative to it. */
  files: string[];
  remove(): void;
}

/**
 * Compiles the sources as they are now (an older `dist/` must not pass for them), packs them with npm
 * and installs the tarball into `count` applications. The built addon is put where a prebuilt binary
 * would be; npm dependencies are linked from this checkout.
 */
export function installPacked(count: number): Installed {
  const work = mkdtempSync(join(tmpdir(), 'gpu-exceptions-pack-'));
  const stage = join(work, 'stage');
  mkdirSync(stage);
  const published = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'CONTRIBUTING.md'];
  const builds = ['CMakeLists.txt', 'binding.gyp', 'native', 'scripts'];
  for (const file of [...published, ...builds, 'docs', 'examples'])
    cpSync(join(root, file), join(stage, file), { recursive: true });
  // What a build of the example leaves there.
  for (const left of ['build', 'stand-in']) {
    mkdirSync(join(stage, 'examples', 'your-own-addon', left), { recursive: true });
    writeFileSync(join(stage, 'examples', 'your-own-addon', left, 'left.node'), '');
  }
  const tsc = require.resolve('typescript/bin/tsc');
  const dist = join(stage, 'dist');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', dist], {
    cwd: root,
  });

  const packed = execFileSync(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', work],
    { cwd: stage, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const [tarball] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];

  const applications = Array.from({ length: count }, (_, i) => {
    const application = join(work, `application-${i}`);
    const modules = join(application, 'node_modules');
    const installed = join(modules, 'gpu-exceptions');
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', [
      'xzf',
      join(work, tarball.filename),
      '-C',
      installed,
      '--strip-components=1',
    ]);
    for (const dependency of ['bindings', 'file-uri-to-path', 'node-addon-api', 'node-api-headers'])
      symlinkSync(join(root, 'node_modules', dependency), join(modules, dependency));
    const prebuilt = join(installed, 'prebuilds', `${process.platform}-${process.arch}`);
    const built = join(root, 'build', 'Release');
    for (const file of readdirSync(built).filter((name) => /\.(node|so|dll|dylib)$/.test(name)))
      cpSync(join(built, file), join(prebuilt, file));
    return application;
  });

  return {
    applications,
    files: tarball.files.map((file) => file.path),
    remove: () => rmSync(work, { recursive: true, force: true }),
  };
}

/** Runs a script in `directory`; answers what it printed as JSON. A failure shows all it said. */
export function runScript(
  directory: string,
  script: string,
  environment: Record<string, string> = {},
): unknown {
  const child = spawnSync(process.execPath, ['-e', script], {
    cwd: directory,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    timeout: 60_000,
  });
  if (child.status !== 0)
    throw new Error(`exit ${child.status} ${child.signal ?? ''}\n${child.stdout}\n${child.stderr}`);
  return JSON.parse(child.stdout) as unknown;
}
