'use strict';
// What the libraries that a build has made show to a process, as binutils read it: the symbols with
// their versions, the name, and what the loader is asked for. `node scripts/builds/products.cjs
// <folder> [<folder of the other build>]` says what is wrong with them, and how two builds differ.
// Linux only.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ADDON = 'gpu_exceptions.node';
const ENGINE = 'libgpu_exceptions_mock.so';
/** All that the addon may show; see native/exports.map. */
const ADDON_EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];
/** The compiler's and the system's; and ours. No library of NVIDIA's is ever linked. */
const MAY_BE_NEEDED =
  /^(lib(c|m|dl|rt|pthread|stdc\+\+|gcc_s|asan|ubsan|tsan|gpu_exceptions_mock)\.so(\.\d+)?|ld-linux.*)$/;

const read = (command, ...args) =>
  execFileSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: 1 << 28,
  });

function factsOf(file) {
  const dynamic = read('readelf', '-dW', file);
  const all = (tag) =>
    [...dynamic.matchAll(new RegExp(`\\(${tag}\\).*?\\[(.*)\\]`, 'g'))].map(([, text]) => text);
  const flags = [...dynamic.matchAll(/\((?:FLAGS|FLAGS_1|SYMBOLIC)\)\s*(.*)/g)].map(([, t]) => t);
  return {
    // `W cudaMalloc@@libcudart.so.13`: the kind, the name, and the version where there is one.
    exports: read('nm', '-D', '--defined-only', '--with-symbol-versions', file)
      .split('\n')
      .map((line) => /\b([A-Za-z]) (\S+)$/.exec(line))
      .filter((match) => match !== null && match[1] !== 'A') // the versions themselves
      .map(([, kind, name]) => `${kind} ${name}`)
      .sort(),
    needed: all('NEEDED').sort(),
    soname: all('SONAME')[0] ?? null,
    besideOrigin: all('R(?:UN)?PATH').some((list) => /(^|:)\$ORIGIN\/\.\.\/?(:|$)/.test(list)),
    // Which of the two ways the linker takes to say "symbolic" is its own matter.
    symbolic: /SYMBOLIC/.test(dynamic),
    staysLoaded: flags.some((text) => /NODELETE/.test(text)),
  };
}

/** The facts of every library in a build's folder, e.g. `build/Release`, by name. */
function productsIn(folder) {
  const here = (name) => (fs.existsSync(path.join(folder, name)) ? [name] : []);
  const within = (name) =>
    here(name).flatMap((each) =>
      fs.readdirSync(path.join(folder, each)).map((file) => path.join(each, file)),
    );
  const names = [...here(ADDON), ...here(ENGINE), ...within('stand-in'), ...within('failing-driver')]; // prettier-ignore
  // node-gyp makes it under this name first.
  const products = names.filter((name) => /\.so\.\d+$|\.node$/.test(name) || name === ENGINE);
  return Object.fromEntries(products.map((name) => [name, factsOf(path.join(folder, name))]));
}

/** What no build may do, a line for each. */
function complaints(products) {
  return Object.entries(products).flatMap(([name, { exports, needed, soname }]) => {
    const said = needed
      .filter((each) => !MAY_BE_NEEDED.test(each))
      .map((each) => `${name} needs ${each}`);
    const shown = exports.map((each) => each.slice(2).replace(/@.*/, ''));
    const extra = shown.filter((each) =>
      name === ADDON ? !ADDON_EXPORTS.includes(each) : each.startsWith('_Z'),
    );
    if (name === ADDON) {
      const absent = ADDON_EXPORTS.filter((each) => !shown.includes(each));
      said.push(...absent.map((each) => `${name} does not show ${each}`));
    } else if (soname !== path.basename(name)) {
      said.push(`${name} is named ${soname}`);
    }
    return [...said, ...extra.map((each) => `${name} shows ${each}`)];
  });
}

/** How the products of two builds differ, a line for each; `names` says which build is which. */
function differences(first, second, names) {
  const lines = [];
  for (const product of new Set([...Object.keys(first), ...Object.keys(second)])) {
    const [one, other] = [first[product], second[product]];
    if (one === undefined || other === undefined) {
      lines.push(`${product} is only made by ${names[one === undefined ? 1 : 0]}`);
      continue;
    }
    const only = (a, b, by) =>
      lines.push(...a.filter((each) => !b.includes(each)).map((each) => `${product}: ${each} only with ${by}`)); // prettier-ignore
    only(one.exports, other.exports, names[0]);
    only(other.exports, one.exports, names[1]);
    // An addon is opened by its path; that node-gyp names it all the same is of no consequence.
    const alike = ['besideOrigin', 'symbolic', 'staysLoaded', ...(product === ADDON ? [] : ['soname'])]; // prettier-ignore
    for (const fact of alike) {
      if (one[fact] === other[fact]) continue;
      lines.push(`${product}: ${fact} is ${one[fact]} with ${names[0]}, ${other[fact]} with ${names[1]}`); // prettier-ignore
    }
    // Which of the C library's own parts are named depends on how the linker was called.
    const ours = ({ needed }) => needed.filter((each) => each === ENGINE).join();
    if (ours(one) !== ours(other)) lines.push(`${product}: only one build links it with ${ENGINE}`);
  }
  return lines;
}

module.exports = { complaints, differences, productsIn };

if (require.main === module) {
  const folders = process.argv.slice(2);
  const products = folders.map(productsIn);
  const said = products.flatMap(complaints);
  if (folders.length === 2) said.push(...differences(...products, folders));
  for (const line of said) console.error(line);
  const count = Object.keys(products[0] ?? {}).length;
  if (count === 0) console.error('usage: products.cjs <folder> [<folder of the other build>]');
  else console.log(`${count} libraries, ${said.length} complaints`);
  process.exitCode = said.length === 0 && count > 0 ? 0 : 1;
}
