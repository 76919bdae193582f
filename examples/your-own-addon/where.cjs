'use strict';
// Where things are, for both builds: prints the answer to one question, or nothing.
//
//   node where.cjs include     the folder of gpu_exceptions.h
//   node where.cjs nvcc        NVIDIA's compiler; nothing where WITHOUT_TOOLKIT=1 is set
//   node where.cjs toolkit     its toolkit, with include/ and lib64/
//   node where.cjs stand-in    a folder with the stand-in's libraries, to link without a toolkit

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

function nvcc() {
  if (process.env.WITHOUT_TOOLKIT === '1') return '';
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const places = [...folders, '/usr/local/cuda/bin'].map((folder) => path.join(folder, 'nvcc'));
  return places.find((file) => fs.existsSync(file)) ?? '';
}

const answers = {
  include: () => require('gpu-exceptions').include,
  nvcc,
  toolkit() {
    if (nvcc() === '') return '';
    // What is found on the PATH may be a script or a link; the compiler itself knows its place.
    const { stderr } = spawnSync(nvcc(), ['--dryrun', '-x', 'cu', '-c', '/dev/null'], {
      encoding: 'utf8',
    });
    return path.resolve(/^#\$ TOP=(.*)$/m.exec(stderr)[1].trim());
  },
  'stand-in'() {
    const folder = path.join(__dirname, 'stand-in');
    const root = path.dirname(require.resolve('gpu-exceptions/package.json'));
    const cli = path.join(root, 'dist', 'cli', 'main.js');
    execFileSync(process.execPath, [cli, 'mock', '--print-env', folder], { stdio: 'pipe' });
    return folder;
  },
};

process.stdout.write(answers[process.argv[2]]());
