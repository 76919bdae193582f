/** Keeps the stand-in's device at work for as long as a test likes; see test/fixtures/native/gate.cc. */

import koffi from 'koffi';
import { aboveTheStandIn, canCompile, openWorkshop } from './compile';

/** For the tests of the block that calls it; `itCompiled`, where nothing can be compiled. */
export function openGate(): { hold: () => void; release: () => void } {
  const workshop = openWorkshop();
  const gate = { hold: (): void => undefined, release: (): void => undefined };
  beforeAll(() => {
    if (!canCompile) return;
    const library = koffi.load(workshop.compile('gate.cc', { flags: aboveTheStandIn() }));
    gate.hold = library.func('void gate_hold()') as () => void;
    gate.release = library.func('void gate_release()') as () => void;
  });
  afterAll(() => {
    workshop.remove();
  });
  return gate;
}
