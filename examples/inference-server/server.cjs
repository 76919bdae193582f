'use strict';
// A small inference server: each request takes GPU memory for its batch, "computes", and gives the
// memory back. What it does about failures is three lines: the guard around the GPU work,
// `toResponse` in the error path, and one log line with the evidence.

const http = require('node:http');
const { setTimeout: delay } = require('node:timers/promises');
const { inspect } = require('node:util');
const {
  FieldException,
  GPUException,
  RequestCancelledException,
  catchGpuExceptions,
} = require('gpu-exceptions');
const cuda = require('gpu-exceptions/cuda');
const { toResponse } = require('gpu-exceptions/http');

const MiB = 1024 * 1024;
const MOST_MEGABYTES = 2 ** 20; // 1 TiB: more than any device has

const infer = catchGpuExceptions.wrap(
  async function infer({ megabytes, milliseconds }, signal) {
    const batch = cuda.alloc(megabytes * MiB);
    try {
      await delay(milliseconds, undefined, { signal });
      return { output: `a batch of ${megabytes} MiB`, memory: cuda.deviceMemory(0) };
    } finally {
      batch.free();
    }
  },
  { device: 0 },
);

function readInput(body) {
  const { megabytes, milliseconds = 0 } = parse(body);
  if (!Number.isInteger(megabytes) || megabytes < 1 || megabytes > MOST_MEGABYTES)
    throw new FieldException('megabytes', `must be a whole number from 1 to ${MOST_MEGABYTES}`);
  if (!Number.isInteger(milliseconds) || milliseconds < 0 || milliseconds > 60_000)
    throw new FieldException('milliseconds', 'must be a whole number from 0 to 60000');
  return { megabytes, milliseconds };
}

function parse(body) {
  let input;
  try {
    input = JSON.parse(body || '{}');
  } catch (error) {
    throw new FieldException('body', 'must be JSON', 422, 'value_error.jsondecode', {
      cause: error,
    });
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new FieldException('body', 'must be an object');
  return input;
}

function createServer({ log }) {
  const running = new Map(); // request id -> AbortController, so that a second request can cancel

  async function handle(request) {
    const { pathname } = new URL(request.url, 'http://localhost');
    const cancel = /^\/requests\/([\w-]+)\/cancel$/.exec(pathname);
    if (cancel) {
      const controller = running.get(cancel[1]);
      controller?.abort();
      return { cancelled: controller !== undefined };
    }
    let body = '';
    for await (const chunk of request) body += chunk;
    const id = request.headers['x-request-id'];
    const controller = new AbortController();
    if (id) running.set(id, controller);
    try {
      return await infer(readInput(body), controller.signal);
    } catch (error) {
      if (controller.signal.aborted) throw new RequestCancelledException({ cause: error });
      throw error;
    } finally {
      if (id) running.delete(id);
    }
  }

  return http.createServer((request, response) => {
    handle(request).then(
      (answer) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer));
      },
      (error) => {
        if (error instanceof GPUException)
          log(`${error.name}: ${inspect(error.failure, { breakLength: 100, compact: 4 })}`);
        const { status, headers, body } = toResponse(error);
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify(body));
      },
    );
  });
}

module.exports = { createServer };
