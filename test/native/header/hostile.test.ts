/** What must never end the process, lose an error or put one in another's place. */

import { canCompile } from '../addon/compile';
import { answerOf, runProgram, sanitized } from '../addon/support';
import { NODE_ADDON_API, standInLibraries, SWALLOWING, WITH_EXCEPTIONS, WITHOUT_EXCEPTIONS, Workshop } from './build'; // prettier-ignore

const workshop = new Workshop();
afterAll(() => workshop.remove());

const describeBuilt = canCompile ? describe : describe.skip;

async function build(title: string, options: readonly string[]): Promise<string> {
  const sources = [
    ['plain.cc', ['-fno-exceptions']],
    ['with_napi.cc', [...NODE_ADDON_API, ...options]],
  ] as const;
  const libraries = standInLibraries('libcudart.so.13', 'libcuda.so.1');
  return workshop.addon(title.replaceAll(/\W/g, '-'), sources, libraries);
}

const answer = (addon: string, part: string, ...rest: string[]): unknown =>
  answerOf(runProgram('../header/hostile.cjs', {}, [], [addon, part, ...rest]));

describeBuilt.each([
  ['with C++ exceptions', WITH_EXCEPTIONS],
  ['without C++ exceptions', WITHOUT_EXCEPTIONS],
])('an addon %s', (title, exceptions) => {
  let addon = '';
  beforeAll(async () => {
    addon = await build(title, [...exceptions, ...SWALLOWING]);
  }, 120_000);

  it("rejects while a worker ends, also where node-addon-api's own calls would abort", async () => {
    const workers = sanitized === undefined ? 200 : 40;
    const bare = await build(`${title}, bare`, exceptions);
    expect(answer(bare, 'rejectedInFlight', String(workers))).toBe(workers);
  }, 120_000);

  it.each([
    ['a worker is terminated with work in flight', 'terminatedInFlight', 24],
    ['a worker that alone has the addon takes it along', 'unloadedInFlight', 12],
    ['a worker is terminated while errors are made', 'terminatedWhileFailing', 24],
    ['an environment ends, and something fails then', 'endOfEnvironment', 8],
    ['the process ends with work in flight', 'exitInFlight', 1],
  ])(
    '%s',
    (_, name, started) => {
      expect(answer(addon, name)).toBe(started);
    },
    60_000,
  );

  it('any number of any library is kept with its number and its own name', () => {
    expect(answer(addon, 'codes')).toBe(1);
  }, 60_000);

  it('any order of failures leaves the first exception and the right last error', () => {
    expect(answer(addon, 'sequences')).toBe(1);
  }, 60_000);
});
