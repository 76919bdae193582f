'use strict';
// Compares what the addon and the stand-in believe about NVIDIA's libraries with NVIDIA's own headers
// and runtime, where a CUDA toolkit is installed (found through nvcc): every signature, every code's
// number, every device attribute, every struct's layout. Prints how much of each library is modelled.
// Without a toolkit it counts only, and the layouts are those that native/ asserts when compiled.
//
//   node scripts/check-abi.cjs [--require-toolkit]

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const root = path.resolve(__dirname, '..');
const native = path.join(root, 'native');
const { values } = parseArgs({
  options: { 'require-toolkit': { type: 'boolean', default: false } },
});
const problems = [];

const read = (...parts) => fs.readFileSync(path.join(native, ...parts), 'utf8');
const matches = (text, expression) => [...text.matchAll(expression)];

/** The rows of all lists in a header: X(presence, result, name, (parameters)). */
function rows(...file) {
  const joined = read(...file).replace(/\s*\\\n\s*/g, ' ');
  return matches(
    joined,
    /X\((?:required|optional|modelled|system|device|event), ([^,]+), (\w+), \((.*?)\)\)(?= X\(|\n|$)/gm,
  ).map(([, result, name, parameters]) => ({ result, name, parameters }));
}

const stubs = (file) =>
  matches(read('mock', 'exports', file), /^GPUEX_STUB\((\w+)\)/gm).map(([, name]) => name);

const cudart = [...rows('abi', 'cudart_abi.h'), ...rows('mock', 'abi', 'cudart_more.h')];
const cuda = [...rows('abi', 'cuda_abi.h'), ...rows('mock', 'abi', 'cuda_more.h')];

function toolkit() {
  const { stderr, error } = spawnSync('nvcc', ['--dryrun', '-x', 'cu', '-c', os.devNull], {
    encoding: 'utf8',
  });
  if (error !== undefined) return null;
  const top = /^#\$ TOP=(.*)$/m.exec(stderr)?.[1]?.trim();
  if (top === undefined) return null;
  const include = ['include', 'targets/x86_64-linux/include']
    .map((name) => path.resolve(top, name))
    .find((folder) => fs.existsSync(path.join(folder, 'cuda_runtime_api.h')));
  const runtime = ['lib64', 'lib', 'targets/x86_64-linux/lib']
    .map((name) => path.resolve(top, name, 'libcudart.so.13'))
    .find((file) => fs.existsSync(file));
  // Not part of every toolkit; GPU_EXCEPTIONS_NVRTC names another place.
  const compiler = [
    process.env.GPU_EXCEPTIONS_NVRTC ?? '',
    runtime?.replace('cudart', 'nvrtc'),
  ].find((file) => file !== undefined && file !== '' && fs.existsSync(file));
  return include === undefined
    ? null
    : { include, runtime: runtime ?? null, compiler: compiler ?? null };
}

function exported(file) {
  const { stdout, status } = spawnSync('nm', ['-D', '--defined-only', file], { encoding: 'utf8' });
  if (status !== 0) return null;
  return new Set(
    matches(stdout, / [TWi] (\w+)(?:@@?\S+)?$/gm)
      .map(([, name]) => name)
      .filter((name) => !/^(_init|_fini|gpuExceptionsMock\w*)$/.test(name)),
  );
}

/** Names that a header declares as functions, after its macros did their work. */
function declared(include, header) {
  const file = path.join(include, header);
  const { stdout } = spawnSync('g++', ['-E', '-P', '-x', 'c++', '-I', include, file], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return new Set(matches(stdout, /\b((?:cuda|cu)[A-Z]\w*)\s*\(/g).map(([, name]) => name));
}

const COMPARE = `
#include <cstddef>
#include <type_traits>
// By what the calling convention sees: enums are integers, handles are pointers.
template <class A, class B> constexpr bool Same() {
  if constexpr (std::is_void_v<A> || std::is_void_v<B>) return std::is_void_v<A> && std::is_void_v<B>;
  else if constexpr (std::is_pointer_v<A> || std::is_pointer_v<B>) return std::is_pointer_v<A> && std::is_pointer_v<B>;
  else if constexpr (std::is_class_v<A> || std::is_class_v<B>) return std::is_class_v<A> && std::is_class_v<B> && sizeof(A) == sizeof(B);
  else return sizeof(A) == sizeof(B) && std::is_floating_point_v<A> == std::is_floating_point_v<B>;
}
template <class A, class B> struct Agree : std::false_type {};
template <class R, class... P, class S, class... Q> struct Agree<R (*)(P...), S (*)(Q...)> {
  static constexpr bool value = [] {
    if constexpr (sizeof...(P) != sizeof...(Q)) return false;
    else return Same<R, S>() && (Same<P, Q>() && ...);
  }();
};
`;

/** The fields of a struct of ours; what stands for several of NVIDIA's is left out. */
function fields(struct) {
  const text = read('mock', 'abi', 'cudart_more.h');
  const body = new RegExp(`struct ${struct} \\{([^}]*)\\}`).exec(text)?.[1] ?? '';
  const combined = ['textures', 'others', 'numaAndPci', 'reserved'];
  return matches(body, /^\s+[\w ]+?[ *]+(\w+)(?:\[\d+\])?;/gm)
    .map(([, name]) => name)
    .concat(matches(body, /^\s+unsigned int x, y, z;/gm).length > 0 ? ['x', 'y', 'z'] : [])
    .filter((name) => !combined.includes(name));
}

function assertions(include) {
  const lines = [];
  const counts = { signatures: 0, codes: 0, attributes: 0, offsets: 0 };
  const add = (kind, condition, text) => {
    counts[kind] += 1;
    lines.push(`static_assert(${condition}, ${JSON.stringify(text)});`);
  };
  const inSpace = (space, list, names) => {
    lines.push(`namespace gpuex::abi::${space} {`);
    for (const { result, name, parameters } of list) {
      if (!names.has(name)) continue;
      add('signatures', `(Agree<decltype(&::${name}), ${result} (*)(${parameters})>::value)`, name);
    }
    lines.push('}');
  };
  // The layout of CUDA 12 has a name of its own there, and none in these headers.
  const runtimeNames = declared(include, 'cuda_runtime_api.h');
  runtimeNames.delete('cudaGetDeviceProperties_v2');
  inSpace('cudart', cudart, runtimeNames);
  inSpace('cuda', cuda, declared(include, 'cuda.h'));

  const header = (name) => fs.readFileSync(path.join(include, name), 'utf8');
  for (const [table, text] of [
    ['cudart', header('driver_types.h')],
    ['cuda', header('cuda.h')],
  ]) {
    for (const [, value, name] of matches(
      read('errors', 'codes', `${table}.def`),
      /^GPUEX_(?:CODE|ALIAS)\((\d+), (\w+)/gm,
    )) {
      // Later codes are not in older headers.
      if (new RegExp(`\\b${name}\\s*=`).test(text))
        add('codes', `int(::${name}) == ${value}`, name);
    }
  }
  for (const [, number, name] of matches(
    read('mock', 'engine', 'device_facts.cc'),
    /^ +case (\d+): +\/\/ (\w+)$/gm,
  )) {
    add('attributes', `int(::cudaDevAttr${name}) == ${number}`, `cudaDevAttr${name}`);
  }
  for (const [ours, theirs] of [
    ['DeviceProp13', 'cudaDeviceProp'],
    ['cudaFuncAttributes', 'cudaFuncAttributes'],
    ['cudaPointerAttributes', 'cudaPointerAttributes'],
    ['cudaLaunchConfig_t', 'cudaLaunchConfig_t'],
    ['dim3', 'dim3'],
  ]) {
    const mine = `gpuex::abi::cudart::${ours}`;
    if (ours !== 'cudaPointerAttributes') {
      add('offsets', `sizeof(::${theirs}) == sizeof(${mine})`, `sizeof ${theirs}`);
    }
    for (const field of fields(ours)) {
      add(
        'offsets',
        `offsetof(::${theirs}, ${field}) == offsetof(${mine}, ${field})`,
        `${theirs}::${field}`,
      );
    }
  }
  return { lines, counts };
}

function compareWithHeaders({ include }) {
  const { lines, counts } = assertions(include);
  const source = [
    // Ours first: some of its constants are macros in NVIDIA's.
    '#include "mock/abi/cuda_more.h"',
    '#include "mock/abi/cudart_more.h"',
    '#include <cuda.h>',
    '#include <cuda_runtime_api.h>',
    COMPARE,
    ...lines,
  ].join('\n');
  const { status, stderr } = spawnSync(
    'g++',
    [
      '-std=c++17',
      '-fsyntax-only',
      '-Wno-invalid-offsetof',
      '-I',
      native,
      '-I',
      include,
      '-x',
      'c++',
      '-',
    ],
    { input: source, encoding: 'utf8' },
  );
  if (status !== 0) {
    const failed = matches(stderr, /static assertion failed: (.*)$/gm).map(([, name]) => name);
    problems.push(failed.length > 0 ? `differs from the headers: ${failed.join(', ')}` : stderr);
  }
  for (const [kind, count] of Object.entries(counts)) {
    if (count === 0) problems.push(`no ${kind} were compared`);
  }
  console.log(
    `compared with the headers: ${counts.signatures} signatures, ${counts.codes} codes, ` +
      `${counts.attributes} attributes, ${counts.offsets} sizes and offsets`,
  );
}

function report(found) {
  const cublas = rows('mock', 'abi', 'cublas_more.h');
  const nvrtc = [...rows('abi', 'nvrtc_abi.h'), ...rows('mock', 'abi', 'nvrtc_more.h')];
  const nvrtcReal = found?.compiler ? exported(found.compiler) : null;
  nvrtcReal?.delete('__nvrtcCPEx'); // documented nowhere
  const only = (list, name) => list.filter((row) => row.name !== name);
  const runtimeReal = found?.runtime ? exported(found.runtime) : null;
  runtimeReal?.delete('libcudart');
  const driverReal = found === null ? null : declared(found.include, 'cuda.h');
  const libraries = [
    [
      'libcudart.so.13',
      only(cudart, 'cudaGetDeviceProperties_v2'),
      stubs('cudart_unsupported.def'),
      runtimeReal,
    ],
    [
      'libcudart.so.12',
      only(cudart, 'cudaGetDeviceProperties'),
      [...stubs('cudart_unsupported.def'), 'cudaGetDeviceProperties'],
      null,
    ],
    ['libcuda.so.1', cuda, stubs('cuda_unsupported.def'), driverReal],
    [
      'libnvidia-ml.so.1',
      [...rows('abi', 'nvml_abi.h'), ...rows('mock', 'abi', 'nvml_more_abi.h')],
      matches(read('mock', 'abi', 'nvml_unmodelled.h'), /^ {2}X\((\w+)\)/gm).map(
        ([, name]) => name,
      ),
      null,
    ],
    ['libcudnn.so.9', rows('abi', 'cudnn_abi.h'), [], null],
    ['libcudnn.so.8', rows('abi', 'cudnn_abi.h'), [], null],
    ['libcublas.so.13', cublas, [], null],
    ['libcublas.so.12', cublas, [], null],
    ['libnvrtc.so.13', nvrtc, stubs('libnvrtc.cc'), nvrtcReal],
    ['libnvrtc.so.12', nvrtc, stubs('libnvrtc.cc'), null],
  ];
  for (const [name, implemented, unsupported, real] of libraries) {
    const all = new Set([...implemented.map((row) => row.name), ...unsupported]);
    const built = exported(path.join(root, 'build', 'Release', 'stand-in', name));
    if (built === null) {
      if (process.platform === 'linux') problems.push(`${name} is not built`);
    } else {
      const absent = [...all].filter((each) => !built.has(each));
      const extra = [...built].filter((each) => !all.has(each));
      if (absent.length > 0) problems.push(`${name} lacks ${absent.join(', ')}`);
      if (extra.length > 0) problems.push(`${name} has what no list names: ${extra.join(', ')}`);
    }
    let missing = 'no reference here';
    if (real !== null && real.size > 0) {
      const names = [...real].filter((each) => !all.has(each));
      // Inline helpers of C++ headers are no exports.
      missing = String(names.length);
      if (names.length > 0 && name.startsWith('libcudart')) missing += ` (${names.join(', ')})`;
    }
    console.log(
      `${name}: ${implemented.length} implemented, ${unsupported.length} not supported, missing: ${missing}`,
    );
  }
}

const found = toolkit();
if (found === null) {
  console.log('no CUDA toolkit on this machine: nothing to compare with');
  if (values['require-toolkit']) problems.push('a toolkit was asked for and none is installed');
} else {
  compareWithHeaders(found);
}
report(found);
for (const problem of problems) console.error(`check:abi: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
