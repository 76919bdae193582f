import { toJsonText } from './json-text.js';
import type { MockSteering } from './types.js';

/** The steering calls, whatever carries their verbs (`native/mock/control.h`) to the machine. */
export function steering(send: (verb: string, argument: string) => void): MockSteering {
  return {
    inject: (rule) => send('inject', toJsonText(rule, 'rule')),
    advance: (ms) => send('advance', toJsonText({ ms }, 'advance')),
    raiseXid: ({ xid, device = 0 }) => send('raiseXid', toJsonText({ xid, device }, 'event')),
    change: (device, condition) =>
      send('changeDevice', toJsonText({ device, condition }, 'change')),
    reset: () => send('reset', ''),
  };
}
