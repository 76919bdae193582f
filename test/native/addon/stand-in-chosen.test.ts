/** Which library may be the stand-in: ours, of this version, and one only. */

import { itCompiled, openWorkshop } from './compile';
import { answerOf, runProgram } from './support';

const workshop = openWorkshop();
afterAll(() => {
  workshop.remove();
});

describe('the library that is chosen as the stand-in', () => {
  itCompiled('is refused with the reason, and leaves the choice open', () => {
    const compile = (version: number): string =>
      workshop.compile('foreign-stand-in.cc', {
        name: `version-${String(version)}`,
        flags: [`-DVERSION=${String(version)}`],
      });
    const paths = ['/nonexistent/stand-in.so', process.execPath, compile(99), compile(2)];
    const none = workshop.compile('engine-thread.cc');
    const answer = answerOf<unknown[]>(
      runProgram('refused-stand-ins.cjs', { PATHS: JSON.stringify([...paths, none]) }),
    );
    const refused = (reason: string): unknown =>
      expect.stringMatching(new RegExp(`^the stand-in could not be opened: .*: .*${reason}`));
    expect(answer).toEqual([
      refused('No such file'),
      refused(''),
      refused('control interface 99; this addon speaks 2'),
      refused('missing symbol gpuExceptionsMockControl'),
      refused('is not the stand-in: it does not export gpuExceptionsMockVersion'),
      'the stand-in is not in use in this process; choose it with useMock()',
      true,
      expect.stringMatching(/^another stand-in is in use in this process: .*mock/),
    ]);
  });
});
