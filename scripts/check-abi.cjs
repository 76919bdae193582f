'use strict';
// Compares what the addon and the stand-in believe about NVIDIA's libraries with NVIDIA's own headers
// and runtime, where they are: in the folders that GPU_EXCEPTIONS_TEST_INCLUDE names, separated by
// colons, and in the CUDA toolkit that nvcc belongs to. Every signature, every code's number, every
// device attribute, every struct's layout; NVML's, cuDNN's, cuBLAS's and NVRTC's, too, where their
// headers are in one of these. Functions and codes that an older header lacks are passed over. Prints
// how much of each library is modelled. What no header here can tell is held to test/fixtures/abi always.
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
  options: { 'require-toolkit': { type: 'boolean', default: false } }, // or headers of one
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
const cudnn = [...rows('abi', 'cudnn_abi.h'), ...rows('mock', 'abi', 'cudnn_more.h')];
const cublas = rows('mock', 'abi', 'cublas_more.h');
const nvrtc = [...rows('abi', 'nvrtc_abi.h'), ...rows('mock', 'abi', 'nvrtc_more.h')];
const nvml = [...rows('abi', 'nvml_abi.h'), ...rows('mock', 'abi', 'nvml_more_abi.h')];

const named = (process.env.GPU_EXCEPTIONS_TEST_INCLUDE ?? '').split(':').filter(Boolean);

/** Where CUDA's headers are, and its runtime and NVRTC or null; null where there are no headers. */
function toolkit() {
  const folder = named.find((place) => fs.existsSync(path.join(place, 'cuda_runtime_api.h')));
  const installed = toolkitOfNvcc();
  if (folder === undefined) return installed;
  return { ...(installed ?? { runtime: null, compiler: null }), include: folder };
}

function toolkitOfNvcc() {
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

/** What cublas_api.h leaves to its includer; and NVML's unsuffixed names, as functions of their own. */
const SWITCHES = ['-DCUBLASAPI=', '-DNVML_NO_UNVERSIONED_FUNC_DEFS'];
const places = (include) => [include, ...named];
const includes = (include) => places(include).flatMap((place) => ['-I', place]);
const placeOf = (include, header) =>
  places(include).find((place) => fs.existsSync(path.join(place, header)));

/** Names that a header declares as functions, after its macros did their work. */
function declared(include, header) {
  const file = path.join(placeOf(include, header), header);
  const { stdout } = spawnSync(
    'g++',
    ['-E', '-P', ...SWITCHES, '-x', 'c++', ...includes(include), file],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  const names = matches(stdout, /\b((?:cuda|cu|cudnn|cublas|nvml|nvrtc)[A-Z]\w*)\s*\(/g);
  return new Set(names.map(([, name]) => name));
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
function fields(struct, text = read('mock', 'abi', 'cudart_more.h')) {
  const body = new RegExp(`struct ${struct} \\{([^}]*)\\}`).exec(text)?.[1] ?? '';
  const combined = ['textures', 'others', 'numaAndPci', 'reserved'];
  return matches(body, /^\s+[\w ]+?[ *]+(\w+)(?:\[\d+\])?;/gm)
    .map(([, name]) => name)
    .concat(matches(body, /^\s+unsigned int x, y, z;/gm).length > 0 ? ['x', 'y', 'z'] : [])
    .filter((name) => !combined.includes(name));
}

/** The structs of NVML's header by all their names, and what stands in them. */
function nvmlStructs(text) {
  const found = matches(text, /typedef\s+struct\s*\w*\s*\{([^}]*)\}\s*(\w+);/g);
  const structs = new Map(found.map(([, body, name]) => [name, body]));
  for (const [, name, alias] of matches(text, /typedef (nvml\w+)\s+(nvml\w+);/g)) {
    if (structs.has(name)) structs.set(alias, structs.get(name));
  }
  return structs;
}

/** Structs of ours that are one version, where NVML's own name means whichever is newest. */
const NVML_VERSIONS = { nvmlGpuFabricInfoV_t: 'nvmlGpuFabricInfo_v3_t' };

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
  const header = (name) => fs.readFileSync(path.join(placeOf(include, name), name), 'utf8');
  const tables = [
    ['cudart', header('driver_types.h')],
    ['cuda', header('cuda.h')],
  ];
  for (const [space, list, name, table, texts] of [
    ['cudnn', cudnn, 'cudnn.h', 'cudnn9', ['cudnn_graph.h']],
    ['cublas', cublas, 'cublas_api.h', 'cublas', ['cublas_api.h']],
    ['nvml', nvml, 'nvml.h', 'nvml', ['nvml.h']],
    ['nvrtc', nvrtc, 'nvrtc.h', 'nvrtc', ['nvrtc.h']],
  ]) {
    if (placeOf(include, name) === undefined) continue;
    const names = declared(include, name);
    // C++ has a second form of these for callers of CUDA 10; their address is no single function's.
    for (const each of names) if (/^cublasGemm\w*Ex$/.test(each)) names.delete(each);
    inSpace(space, list, names);
    // Before cuDNN 9 these stood elsewhere, and some codes had other numbers.
    if (!texts.every((each) => placeOf(include, each))) continue;
    tables.push([table, texts.map(header).join('')]);
  }
  for (const [table, text] of tables) {
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
    if (!new RegExp(`\\bcudaDevAttr${name}\\b`).test(header('driver_types.h'))) continue;
    add('attributes', `int(::cudaDevAttr${name}) == ${number}`, `cudaDevAttr${name}`);
  }
  // These changed their layout with CUDA 12, the first also with 13; of what was before there is no
  // stand-in.
  const version = Number(/define CUDART_VERSION\s+(\d+)/.exec(header('cuda_runtime_api.h'))?.[1]);
  const properties = { 12: 'DeviceProp12', 13: 'DeviceProp13' }[Math.trunc(version / 1000)];
  const since12 = [
    [properties, 'cudaDeviceProp'],
    ['cudaFuncAttributes', 'cudaFuncAttributes'],
  ];
  for (const [ours, theirs] of [
    ...(properties === undefined ? [] : since12),
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
  for (const file of placeOf(include, 'nvml.h')
    ? [
        ['abi', 'nvml_abi.h'],
        ['mock', 'abi', 'nvml_more_abi.h'],
      ]
    : []) {
    const text = read(...file);
    for (const [, struct] of matches(text, /^struct (nvml\w+) \{/gm)) {
      const theirs = NVML_VERSIONS[struct] ?? struct;
      const body = nvmlStructs(header('nvml.h')).get(theirs);
      if (body === undefined) continue;
      const mine = `gpuex::abi::nvml::${struct}`;
      add('offsets', `sizeof(::${theirs}) == sizeof(${mine})`, `sizeof ${theirs}`);
      for (const field of fields(struct, text).filter((name) => body.includes(name))) {
        add(
          'offsets',
          `offsetof(::${theirs}, ${field}) == offsetof(${mine}, ${field})`,
          `${theirs}::${field}`,
        );
      }
    }
  }
  return { lines, counts };
}

function compareWithHeaders({ include }) {
  const { lines, counts } = assertions(include);
  const source = [
    // Ours first: some of NVIDIA's names are macros, which must not reach our declarations.
    '#include "mock/abi/cublas_more.h"',
    '#include "mock/abi/cuda_more.h"',
    '#include "mock/abi/cudart_more.h"',
    '#include "mock/abi/cudnn_more.h"',
    '#include "mock/abi/nvml_more_abi.h"',
    '#include "mock/abi/nvrtc_more.h"',
    '#include <cuda.h>',
    '#include <cuda_runtime_api.h>',
    ...['cudnn.h', 'cublas_api.h', 'nvml.h', 'nvrtc.h']
      .filter((name) => placeOf(include, name) !== undefined)
      .map((name) => `#include <${name}>`),
    COMPARE,
    ...lines,
  ].join('\n');
  const { status, stderr } = spawnSync(
    'g++',
    [
      '-std=c++17',
      '-fsyntax-only',
      '-Wno-invalid-offsetof',
      ...SWITCHES,
      '-I',
      native,
      ...includes(include),
      '-x',
      'c++',
      '-',
    ],
    { input: source, encoding: 'utf8' },
  );
  if (status !== 0) {
    const failed = matches(stderr, /static assertion failed: (.*)$/gm).map(([, name]) => name);
    const first = stderr
      .split('\n')
      .filter((line) => /error:/.test(line))
      .slice(0, 10);
    problems.push(`differs from the headers: ${(failed.length > 0 ? failed : first).join('\n  ')}`);
  }
  for (const [kind, count] of Object.entries(counts)) {
    if (count === 0) problems.push(`no ${kind} were compared`);
  }
  const against = ['cuda.h', 'cublas_api.h', 'cudnn.h', 'nvml.h', 'nvrtc.h'];
  const absent = against.filter((name) => placeOf(include, name) === undefined);
  if (absent.length > 0) console.log(`not here: ${absent.join(', ')}`);
  console.log(
    `compared with the headers: ${counts.signatures} signatures, ${counts.codes} codes, ` +
      `${counts.attributes} attributes, ${counts.offsets} sizes and offsets`,
  );
}

/** What stands in test/fixtures/abi: a layout of which no header is here, and symbols' versions. */
function compareWithFacts() {
  const facts = JSON.parse(
    fs.readFileSync(path.join(root, 'test', 'fixtures', 'abi', 'cuda.json'), 'utf8'),
  );
  const lines = ['#include "mock/abi/cudart_more.h"'];
  for (const [struct, { size, offsets }] of Object.entries(facts.structs)) {
    const type = `gpuex::abi::cudart::${struct}`;
    lines.push(`static_assert(sizeof(${type}) == ${size}, "sizeof ${struct}");`);
    for (const field of fields(struct)) {
      const text = `${struct}::${field}`;
      if (!(field in offsets)) problems.push(`${text} is no field of that struct`);
      lines.push(`static_assert(offsetof(${type}, ${field}) == ${offsets[field]}, "${text}");`);
    }
  }
  const { status, stderr } = spawnSync(
    'g++',
    ['-std=c++17', '-fsyntax-only', '-I', native, '-x', 'c++', '-'],
    { input: lines.join('\n'), encoding: 'utf8' },
  );
  if (status !== 0) problems.push(`differs from the facts: ${stderr}`);
  const folder = path.join(root, 'build', 'Release', 'stand-in');
  const version = (name) => {
    const { stdout } = spawnSync('readelf', ['--dyn-syms', '-W', path.join(folder, name)], {
      encoding: 'utf8',
    });
    return /\sgpuExceptionsMockVersion(?:@@(\S+))?/.exec(stdout)?.[1] ?? null;
  };
  const versions = [
    ...Object.entries(facts.symbolVersions),
    ...facts.unversioned.map((name) => [name, null]),
  ];
  for (const [name, node] of versions) {
    if (fs.existsSync(path.join(folder, name)) && version(name) !== node) {
      problems.push(`${name} has symbols of version ${version(name)}, NVIDIA's have ${node}`);
    }
  }
  console.log(
    `compared with what is known: ${lines.length - 1} sizes and offsets, ${versions.length} symbol versions`,
  );
}

function report(found) {
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
      nvml,
      matches(read('mock', 'abi', 'nvml_unmodelled.h'), /^ {2}X\((\w+)\)/gm).map(
        ([, name]) => name,
      ),
      null,
    ],
    ['libcudnn.so.9', cudnn, stubs('cudnn_unsupported.def'), null],
    ['libcudnn.so.8', only(cudnn, 'cudnnGetLastErrorString'), stubs('cudnn_unsupported.def'), null],
    ['libcublas.so.13', cublas, stubs('cublas_unsupported.def'), null],
    ['libcublas.so.12', cublas, stubs('cublas_unsupported.def'), null],
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
  console.log('no headers of a CUDA toolkit on this machine: nothing to compare with');
  if (values['require-toolkit']) problems.push('headers were asked for and none are here');
} else {
  compareWithHeaders(found);
}
compareWithFacts();
report(found);
for (const problem of problems) console.error(`check:abi: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
