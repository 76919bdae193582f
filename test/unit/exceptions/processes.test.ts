import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import {
  CUDAOutOfMemoryException,
  deserializeException,
  serializeException,
} from '../../../lib/exceptions/index.js';
import type { SerializedException } from '../../../lib/exceptions/index.js';
import { compileSecondCopy } from './second-copy.js';

const copy = compileSecondCopy();
afterAll(() => copy.remove());

/** Reads an exception in another process, holds it to what it should be, and sends it back. */
const PEER = join(dirname(copy.index), 'peer.cjs');
writeFileSync(
  PEER,
  `const { CUDAOutOfMemoryException, deserializeException, serializeException } = require(${JSON.stringify(copy.index)});
  const { parentPort } = require('node:worker_threads');
  const answer = (message) => {
    const exception = deserializeException(message);
    if (!(exception instanceof CUDAOutOfMemoryException)) throw new Error('another class');
    exception.failure.remedy += ' (seen)';
    return serializeException(exception);
  };
  if (parentPort) parentPort.on('message', (m) => parentPort.postMessage(answer(m)));
  else process.on('message', (m) => process.send(answer(m), () => process.disconnect()));`,
);

const sent = new CUDAOutOfMemoryException({
  cause: new RangeError('native'),
  failure: { category: 'out-of-memory', remedy: 'shrink' } as never,
});

function expectReturned(message: unknown): void {
  const returned = deserializeException(message as SerializedException);
  expect(returned).toBeInstanceOf(CUDAOutOfMemoryException);
  expect((returned as CUDAOutOfMemoryException).failure).toMatchObject({
    category: 'out-of-memory',
    remedy: 'shrink (seen)',
  });
  expect(returned.stack).toBe(sent.stack);
  expect(returned.cause).toBeInstanceOf(RangeError);
}

it('an exception goes to a worker thread and back', async () => {
  const worker = new Worker(PEER);
  worker.postMessage(serializeException(sent));
  const [message] = (await once(worker, 'message')) as unknown[];
  await worker.terminate();
  expectReturned(message);
});

it.each(['json', 'advanced'] as const)(
  'an exception goes to a child process and back, with %s serialisation',
  async (serialization) => {
    const child = fork(PEER, { serialization, execArgv: [] });
    const exited = once(child, 'exit');
    child.send(serializeException(sent));
    const [message] = (await once(child, 'message')) as unknown[];
    await exited;
    expectReturned(message);
  },
);

it('an exception goes through a MessageChannel, where a bare one loses its class', async () => {
  const { port1, port2 } = new MessageChannel();
  const twice = once(port2, 'message');
  port1.postMessage([serializeException(sent), sent]);
  const [[written, bare]] = (await twice) as [[SerializedException, unknown]];
  port1.close();
  expect(deserializeException(written)).toBeInstanceOf(CUDAOutOfMemoryException);
  expect(bare instanceof CUDAOutOfMemoryException).toBe(false);
});
