'use strict';
// Proves our declarations against NVIDIA's own headers as Debian packages them (non-free; apt's sources
// must have that section): downloads the packages, installs nothing, unpacks the headers alone into
// build-headers/, and runs test/native/abi and check:abi on them, neither of which may then pass over
// a library whose header is missing. `node scripts/test-headers.cjs [folder of headers]` takes those of
// another place, e.g. with cuDNN's: of that Debian has only an installer that asks for a licence to be
// agreed to. CUDA 12.4 or later; earlier headers lack functions that we call where they are there.

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const folder = path.join(root, 'build-headers');
// The last has what cuda_fp16.h includes, which cublas_api.h does.
const PACKAGES = ['nvidia-cuda-dev', 'libnvidia-ml-dev', 'libcu++-dev'];
const HEADERS = {
  cudart: 'cuda_runtime_api.h', cuda: 'cuda.h', nvml: 'nvml.h', nvrtc: 'nvrtc.h', cudnn: 'cudnn.h',
}; // prettier-ignore

function download() {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder);
  execFileSync('apt-get', ['download', ...PACKAGES], { cwd: folder, stdio: 'inherit' });
  for (const file of fs.readdirSync(folder)) {
    console.log(`unpacking ${file}`);
    // The rest is a gigabyte of libraries.
    const unpack = `dpkg-deb --fsys-tarfile "$1" | tar --extract --wildcards './usr/include/*'`;
    execFileSync('sh', ['-c', unpack, 'sh', file], { cwd: folder, stdio: 'inherit' });
    fs.rmSync(path.join(folder, file));
  }
  return path.join(folder, 'usr', 'include');
}

const include = process.argv[2] === undefined ? download() : path.resolve(process.argv[2]);
const here = Object.keys(HEADERS).filter((name) =>
  fs.existsSync(path.join(include, HEADERS[name])),
);
const required = ['cudart', 'cuda', 'nvml', 'nvrtc'];
const absent = required.filter((name) => !here.includes(name));
if (absent.length > 0) throw new Error(`${include} has no headers of ${absent.join(', ')}`);
const version = (header, macro) =>
  new RegExp(`define ${macro}\\s+(\\S+)`).exec(
    fs.readFileSync(path.join(include, header), 'utf8'),
  )?.[1] ?? 'unknown';
console.log(
  `CUDA ${version('cuda.h', 'CUDA_VERSION')}, NVML's interface ${version('nvml.h', 'NVML_API_VERSION')}: ${here.join(', ')}`,
);

const env = {
  ...process.env,
  GPU_EXCEPTIONS_TEST_INCLUDE: include,
  GPU_EXCEPTIONS_REQUIRE_HEADERS: here.join(','),
};
const passed = [
  [require.resolve('jest/bin/jest'), 'test/native/abi'],
  [path.join(__dirname, 'check-abi.cjs'), '--require-toolkit'],
].map(
  (args) => spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status === 0,
);
process.exitCode = passed.every(Boolean) ? 0 : 1;
