'use strict';
// Programs that read NVML and that nobody here wrote, on the stand-in: gpustat (over pynvml), nvtop,
// hwloc's lstopo, and PCP's nvidia agent. They must tell what the scenario says, and meet the failures
// that it provokes. Takes Debian's packages from the machine's own archive, with its contrib part, into
// a folder under node_modules/.cache; nothing is installed.
//
//   node scripts/test-nvml-clients.cjs [gpustat|nvtop|lstopo|pminfo …]      all when none is named
//
// Debian and its kind on x86-64 only; elsewhere it says so and succeeds.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const cache = path.join(root, 'node_modules', '.cache', 'gpu-exceptions', 'nvml-clients');
const tree = path.join(cache, 'root');
const usr = path.join(tree, 'usr');
const lib = path.join(usr, 'lib', 'x86_64-linux-gnu');
const command = [path.join(root, 'dist', 'cli', 'main.js'), 'mock', '--scenario'];
const python = fs.existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

const [GIB, MIB] = [1024 ** 3, 1024 ** 2];
const BOARDS = {
  devices: [
    {
      profile: 'h100',
      usedByOthersBytes: 10 * GIB,
      condition: {
        temperatureCelsius: 61,
        powerMilliwatts: 312_000,
        gpuPercent: 42,
        memoryPercent: 7,
      },
    },
    'l4',
  ],
};
const lost = { devices: 2, presets: [{ preset: 'device-lost', device: 1 }] };
const notLoaded = { devices: 2, presets: ['driver-not-loaded'] };

/** Where PCP's agent wants its names: it is loaded into pminfo, no daemon runs. */
function pmns() {
  const agent = path.join(usr, 'lib', 'pcp', 'pmdas', 'nvidia');
  const names = fs.readFileSync(path.join(agent, 'pmns'), 'utf8').replaceAll(/\bNVML:/g, '120:');
  const file = path.join(cache, 'names');
  fs.writeFileSync(file, `root {\n nvidia\n}\n${names}`);
  const conf = fs.readFileSync(path.join(tree, 'etc', 'pcp.conf'), 'utf8');
  fs.writeFileSync(path.join(cache, 'pcp.conf'), conf.replaceAll('=/', `=${tree}/`));
  const dso = `${path.join(agent, 'pmda_nvidia.so')},nvidia_init`;
  return ['-L', '-K', 'clear', '-K', `add,120,${dso}`, '-n', file, '-f'];
}

const CLIENTS = {
  gpustat: {
    packages: ['gpustat', 'python3-pynvml', 'python3-blessed', 'python3-wcwidth', 'python3-psutil'],
    run: (scenario) => run(scenario, [python, path.join(usr, 'bin', 'gpustat'), '--json']),
    check({ run: on }) {
      const { gpus, driver_version } = JSON.parse(on(BOARDS).stdout);
      const told = (gpu, ...keys) => keys.map((key) => gpu[key]);
      const keys = ['name', 'temperature.gpu', 'utilization.gpu', 'power.draw', 'memory.total'];
      assert.equal(driver_version, '580.65.06');
      assert.deepEqual(told(gpus[0], ...keys), ['NVIDIA H100 80GB HBM3', 61, 42, 312, 81559]);
      assert.deepEqual(told(gpus[1], 'name', 'memory.total'), ['NVIDIA L4', 23034]);
      assert.equal(gpus[0]['memory.used'], (10 * GIB) / MIB + 551);
      assert.equal(gpus.length, 2);
      for (const scenario of [lost, notLoaded]) {
        const { status, stdout, stderr } = on(scenario);
        assert.notEqual(status, 0);
        assert.match(stdout + stderr, /Error on querying NVIDIA devices/);
      }
    },
  },
  nvtop: {
    packages: ['nvtop'],
    // It draws on a terminal, until it is ended.
    run(scenario) {
      const drawn = run(
        scenario,
        ['timeout', '--foreground', '3', path.join(usr, 'bin', 'nvtop'), '-C'],
        true,
      );
      const text = drawn.stdout.replaceAll(/\u001b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9])/g, '');
      return { ...drawn, stdout: text };
    },
    check({ run: on }) {
      const screen = on(BOARDS).stdout;
      assert.match(screen, /Device 0 \[NVIDIA H100 80GB HBM3\].*TEMP +61.*312 \/ 700 W/s);
      assert.match(screen, /Device 1 \[NVIDIA L4\]/);
      assert.match(screen, /42%.*10\.538Gi\/79\.647Gi/s);
      const alone = on(lost).stdout;
      assert.match(alone, /Device 0/);
      assert.doesNotMatch(alone, /Device 1 \[/);
      assert.match(on(notLoaded).stdout, /No GPU to monitor/);
    },
  },
  lstopo: {
    packages: ['hwloc-nox', 'libhwloc15', 'libhwloc-contrib-plugins'],
    run: (scenario) => run(scenario, [path.join(usr, 'bin', 'lstopo-no-graphics'), '-v']),
    check({ run: on }) {
      const lines = on(BOARDS).stdout.split('\n');
      const of = (name) => lines.find((line) => line.includes(`"${name}"`)) ?? '';
      assert.match(of('nvml0'), /NVIDIA H100 80GB HBM3.*NVIDIAUUID=GPU-[0-9a-f-]{36}/);
      assert.match(of('nvml1'), /NVIDIA L4/);
      assert.equal(of('nvml2'), '');
      // The texts of NVML's codes come from the stand-in as well. (A lost GPU fails its assertion.)
      assert.match(on(notLoaded).stderr, /Failed to initialize.*NVML_ERROR_DRIVER_NOT_LOADED/);
    },
  },
  pminfo: {
    packages: [
      'pcp', 'pcp-conf', 'libpcp3', 'libpcp-pmda3', 'libpcp-archive1', 'libpcp-web1',
      'libpcp-mmv1', 'libpcp-import1',
    ], // prettier-ignore
    run: (scenario) => run(scenario, [path.join(usr, 'bin', 'pminfo'), ...pmns(), 'nvidia']),
    check({ run: on }) {
      const { stdout } = on(BOARDS);
      const values = (text, metric) => {
        const block = new RegExp(`nvidia\\.${metric}\\n((?: +.*\\n)*)`).exec(text)?.[1] ?? '';
        return [...block.matchAll(/value "?(.*?)"?\n/g)].map(([, value]) => value);
      };
      assert.deepEqual(values(stdout, 'numcards'), ['2']);
      assert.deepEqual(values(stdout, 'cardname'), ['NVIDIA H100 80GB HBM3', 'NVIDIA L4']);
      assert.equal(values(stdout, 'temperature')[0], '61');
      assert.equal(values(stdout, 'gpuactive')[0], '42');
      assert.equal(values(stdout, 'memtotal')[0], String(81559 * MIB));
      assert.equal(values(stdout, 'memused')[0], String(10 * GIB + 551 * MIB));
      const partly = on(lost);
      assert.deepEqual(values(partly.stdout, 'cardname'), ['NVIDIA H100 80GB HBM3']);
      assert.match(partly.stderr, /nvmlDeviceGetHandleByIndex: .*fallen off the bus/);
      assert.deepEqual(values(on(notLoaded).stdout, 'numcards'), ['0']);
    },
  },
};

const names = process.argv.slice(2);
const unknown = names.find((name) => !(name in CLIENTS));
if (unknown !== undefined) {
  console.error(`"${unknown}" is none of ${Object.keys(CLIENTS).join(', ')}`);
  process.exit(2);
}
const packaged = spawnSync('apt-get', ['--version']).status === 0;
if (process.platform !== 'linux' || process.arch !== 'x64' || !packaged) {
  console.log('test:nvml-clients: skipped, the programs come as Debian packages for x86-64');
  process.exit(0);
}
if (!fs.existsSync(command[0])) {
  console.error('test:nvml-clients: nothing is built; run npm run build');
  process.exit(1);
}

/** apt, with folders and lists of its own: the machine's sources, and their contrib part. */
function apt(...args) {
  const folders = { lists: 'lists/partial', archives: 'archives/partial', sources: 'sources' };
  for (const folder of Object.values(folders)) {
    fs.mkdirSync(path.join(cache, folder), { recursive: true });
  }
  const etc = '/etc/apt';
  const listed = path.join(etc, 'sources.list.d');
  const files = [
    path.join(etc, 'sources.list'),
    ...(fs.existsSync(listed) ? fs.readdirSync(listed).map((name) => path.join(listed, name)) : []),
  ];
  for (const file of files.filter((each) => fs.existsSync(each))) {
    const text = fs
      .readFileSync(file, 'utf8')
      .replaceAll(/^((?:deb|Components:).*)\bmain\b/gm, '$1main contrib');
    fs.writeFileSync(path.join(cache, 'sources', path.basename(file)), text);
  }
  const options = {
    'Dir::Etc::sourcelist': '-',
    'Dir::Etc::sourceparts': path.join(cache, 'sources'),
    'Dir::State::lists': path.join(cache, 'lists'),
    'Dir::Cache': cache,
    'Dir::Cache::archives': path.join(cache, 'archives'),
    'APT::Sandbox::User': '',
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const { status, stderr } = spawnSync('apt-get', ['-qq', ...flags, ...args], {
    cwd: path.join(cache, 'archives'),
    encoding: 'utf8',
  });
  assert.equal(status, 0, `apt-get ${args.join(' ')}: ${stderr}`);
}

function install(packages) {
  const done = path.join(cache, 'unpacked.json');
  const have = fs.existsSync(done) ? JSON.parse(fs.readFileSync(done, 'utf8')) : [];
  const missing = packages.filter((name) => !have.includes(name));
  if (missing.length === 0) return;
  apt('update');
  apt('download', ...missing);
  const archives = path.join(cache, 'archives');
  for (const file of fs.readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
    const { status, stderr } = spawnSync('dpkg-deb', ['-x', path.join(archives, file), tree]);
    assert.equal(status, 0, String(stderr));
  }
  fs.writeFileSync(done, JSON.stringify([...have, ...missing]));
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gpu-exceptions-nvml-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

/** A program under `gpu-exceptions mock`; on a terminal of its own where it wants one. */
function run(scenario, program, onTerminal = false) {
  const file = path.join(folder, 'scenario.json');
  fs.writeFileSync(file, JSON.stringify(scenario));
  const words = [process.execPath, ...command, file, '--', ...program];
  const [first, ...rest] = onTerminal
    ? ['script', '-qec', words.map((word) => `'${word}'`).join(' '), '/dev/null']
    : words;
  return spawnSync(first, rest, {
    encoding: 'utf8',
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      TERM: 'xterm',
      LD_LIBRARY_PATH: [path.join(usr, 'lib'), lib].join(':'),
      PYTHONPATH: path.join(usr, 'lib', 'python3', 'dist-packages'),
      HWLOC_PLUGINS_PATH: path.join(lib, 'hwloc'),
      PCP_CONF: path.join(cache, 'pcp.conf'),
    },
  });
}

let failed = 0;
for (const name of names.length > 0 ? names : Object.keys(CLIENTS)) {
  try {
    install(CLIENTS[name].packages);
    CLIENTS[name].check(CLIENTS[name]);
    console.log(`ok: ${name} reads the boards, and meets a failing driver`);
  } catch (error) {
    failed += 1;
    console.error(`FAILED: ${name}: ${error.message}`);
  }
}
process.exitCode = failed === 0 ? 0 : 1;
