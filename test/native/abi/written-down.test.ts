/**
 * Without any header of NVIDIA's: our declarations are those that were written down from its headers,
 * test/fixtures/abi, and nothing of what was written down is left out.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canCompile, openWorkshop } from '../addon/compile';
import { root } from '../addon/support';
import { compile, constantsIn, functionsIn, header } from './declarations';

interface Facts {
  constants: Record<string, number>;
  stamps?: Record<string, number>;
  types?: Record<string, number>;
  structs?: Record<string, { size: number; fields: { name: string; offset: number; size: number }[] }>; // prettier-ignore
  functions: Record<string, string>;
}

const workshop = openWorkshop();
afterAll(() => {
  workshop.remove();
});

const factsOf = (library: string): Facts =>
  JSON.parse(
    readFileSync(join(root, 'test', 'fixtures', 'abi', `${library}.json`), 'utf8'),
  ) as Facts;
const itCompiled = canCompile && process.arch === 'x64' ? it : it.skip;

/** What the compiler has against `lines` within our namespace for `library`. */
function prove(library: string, headers: string[], lines: string[]): string {
  const file = join(workshop.folder, `${library}-facts.cc`);
  const includes = [...headers, 'same_shape.h'].map((name) => `#include "${name}"`);
  const space = [`namespace gpuex::abi::${library} {`, ...lines, '}'];
  writeFileSync(file, [...includes, ...space, ''].join('\n'));
  return compile(file);
}

/** Each function that we declare has the signature that was written down. */
function signatures(names: string[], facts: Facts, twins: Record<string, string> = {}): string[] {
  return names.flatMap((name) => {
    const twin = twins[name] ?? name;
    const signature = facts.functions[twin];
    if (signature === undefined) return [`static_assert(false, "${name} is not in the facts");`];
    const written = signature.replace(twin, name);
    return [
      `namespace written { ${written}; }`,
      `static_assert(std::is_same_v<Ours_${name}, decltype(&written::${name})>, "${name}");`,
    ];
  });
}

describe('our declarations of NVML are the ones that were written down', () => {
  const headers = ['abi/nvml_abi.h', 'mock/abi/nvml_more_abi.h'];
  const [calls = '', more = ''] = headers.map(header);
  const facts = factsOf('nvml');
  /** Functions that the facts do not list; their compute twins have the same parameters. */
  const twins: Record<string, string> = {
    nvmlDeviceGetGraphicsRunningProcesses: 'nvmlDeviceGetComputeRunningProcesses',
    nvmlDeviceGetGraphicsRunningProcesses_v2: 'nvmlDeviceGetComputeRunningProcesses_v2',
  };
  /** Structs that we declare under the name that NVML's functions use. */
  const ours: Record<string, string> = {
    nvmlPciInfoExt_v1_t: 'nvmlPciInfoExt_t',
    nvmlProcessDetailList_v1_t: 'nvmlProcessDetailList_t',
    nvmlTemperature_v1_t: 'nvmlTemperature_t',
    nvmlGpuFabricInfo_v3_t: 'nvmlGpuFabricInfoV_t',
    nvmlUUID_v1_t: 'nvmlUUID_t',
    nvmlProcessInfo_t: 'nvmlProcessInfo_v2_t',
  };
  /** The third version holds the second. */
  const memberOf = (struct: string, field: string): string =>
    struct === 'nvmlGpuFabricInfo_v3_t' && field !== 'healthSummary' ? `v2.${field}` : field;

  itCompiled('every struct, member by member', () => {
    const structs = Object.entries(facts.structs ?? {});
    expect(structs.length).toBeGreaterThanOrEqual(19);
    const declared = [...(calls + more).matchAll(/^struct (nvml\w+) \{/gm)].map(([, name]) => name);
    const known = structs.map(([name]) => ours[name] ?? name);
    expect(declared.filter((name) => !known.includes(name ?? ''))).toEqual([]);
    const lines = structs.flatMap(([written, { size, fields }]) => {
      const name = ours[written] ?? written;
      return [
        `static_assert(sizeof(${name}) == ${String(size)}, "${name}");`,
        ...fields.map((field) => {
          const member = memberOf(written, field.name);
          const place = `offsetof(${name}, ${member}) == ${String(field.offset)}`;
          const width = `sizeof(std::declval<${name}>().${member}) == ${String(field.size)}`;
          return `static_assert(${place} && ${width}, "${name}::${member}");`;
        }),
      ];
    });
    expect(prove('nvml', headers, lines)).toBe('');
  });

  itCompiled('every constant and every stamp', () => {
    const known = { ...facts.constants, ...facts.stamps };
    const lines = constantsIn(calls + more)
      .filter((name) => !/^NVML_(SUCCESS|ERROR_)/.test(name)) // those are held to the code table
      .map((name) => `static_assert(${name} == ${String(known[name] ?? 'NOT_IN_THE_FACTS')});`);
    expect(lines.length).toBeGreaterThanOrEqual(8);
    for (const [stamp, value] of Object.entries(facts.stamps ?? {})) {
      const version = /_v(\d+)$/.exec(stamp)?.[1] ?? '';
      const name = ours[`${stamp}_t`] ?? `${stamp}_t`;
      lines.push(
        `static_assert(NvmlStamp(sizeof(${name}), ${version}) == ${String(value)}, "${stamp}");`,
      );
    }
    expect(prove('nvml', headers, lines)).toBe('');
  });

  itCompiled('every signature', () => {
    const declared = [...functionsIn(calls), ...functionsIn(more)];
    const written = Object.keys(facts.functions);
    expect(written.filter((name) => !declared.includes(name))).toEqual([]);
    // What the stand-in has beyond the facts is held to NVIDIA's header where there is one.
    const names = [...functionsIn(calls), ...functionsIn(more).filter((n) => written.includes(n))];
    const lists = ['', 'MORE_'].map((list) => `GPUEX_NVML_${list}FUNCTIONS(ABI_TEST_OURS)`);
    const aliases = Object.entries(ours)
      .filter(([name]) => !(calls + more).includes(`using ${name} =`))
      .map(([name, declaredAs]) => `using ${name} = ${declaredAs};`);
    const lines = [...lists, ...aliases, ...signatures(names, facts, twins)];
    expect(prove('nvml', headers, lines)).toBe('');
  });

  itCompiled('and a wrong one would be found', () => {
    const broken = { ...facts, functions: { nvmlInit_v2: 'nvmlReturn_t nvmlInit_v2(int)' } };
    const lines = ['GPUEX_NVML_FUNCTIONS(ABI_TEST_OURS)', ...signatures(['nvmlInit_v2'], broken)];
    expect(prove('nvml', headers, lines)).toContain('nvmlInit_v2');
    expect(prove('nvml', headers, ['static_assert(sizeof(nvmlMemory_v2_t) == 32);'])).not.toBe('');
  });
});

describe('our declarations of cuDNN are the ones that were written down', () => {
  const headers = ['abi/cudnn_abi.h'];
  const text = header('abi/cudnn_abi.h');
  const facts = factsOf('cudnn');

  itCompiled('types, constants and signatures, all of them', () => {
    expect(functionsIn(text).sort()).toEqual(Object.keys(facts.functions).sort());
    expect(constantsIn(text).sort()).toEqual(Object.keys(facts.constants).sort());
    const lines = [
      ...Object.entries(facts.types ?? {}).map(
        ([name, size]) => `static_assert(sizeof(${name}) == ${String(size)}, "${name}");`,
      ),
      ...Object.entries(facts.constants).map(
        ([name, value]) => `static_assert(${name} == ${String(value)}, "${name}");`,
      ),
      'GPUEX_CUDNN_FUNCTIONS(ABI_TEST_OURS)',
      ...signatures(functionsIn(text), facts),
    ];
    expect(prove('cudnn', headers, lines)).toBe('');
  });
});
