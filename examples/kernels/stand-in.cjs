'use strict';
// Where there is no GPU, the examples run on the stand-in, which computes a kernel only if somebody says
// how. On a GPU this does nothing.

function onStandIn(implement, scenario = {}) {
  if (process.env.GPU_EXCEPTIONS_BACKEND !== 'mock') return null;
  const { useMock } = require('gpu-exceptions/mock');
  const mock = useMock(scenario);
  implement(mock);
  return mock;
}

module.exports = { onStandIn };
