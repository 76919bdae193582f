'use strict';
const { classifyGpuFailure } = require('gpu-exceptions');
const { figure, median } = require('../lib/compare.cjs');

const beginnings = [
  'CUDA error: out of memory, tried to allocate ',
  'Error: connect ECONNREFUSED while fetching page ',
  'Non-zero status code returned while running Conv node. Name: ',
  "Cannot read properties of undefined (reading 'cuda') at line ",
  'CUDNN_STATUS_EXECUTION_FAILED in layer ',
  'The prompt was: please draw a barracuda, number ',
];

function distinctMessages(count) {
  return Array.from({ length: count }, (_, i) =>
    (beginnings[i % beginnings.length] + i + ' ' + 'lorem ipsum dolor '.repeat(20)).slice(0, 300),
  );
}

function seconds(work) {
  const started = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - started) / 1e9;
}

module.exports = async function classify() {
  const errors = distinctMessages(100_000).map((message) => ({ name: 'Error', message }));
  for (let i = 0; i < 20_000; ++i) classifyGpuFailure(errors[i]);
  const rates = Array.from(
    { length: 7 },
    () => errors.length / seconds(() => errors.forEach((error) => classifyGpuFailure(error))),
  );
  figure({
    title: 'distinct messages of 300 characters',
    values: rates.map(Math.round),
    unit: 'per second',
    atLeast: 200_000,
  });

  const hostile = [
    'CUDA '.repeat(300_000),
    'a: '.repeat(500_000),
    'out of memory '.repeat(100_000),
    '('.repeat(1_100_000),
  ];
  const ratios = hostile.map((text) => {
    const time = (length) =>
      median(
        Array.from({ length: 9 }, () =>
          seconds(() => classifyGpuFailure(new Error(text.slice(0, length)))),
        ),
      );
    return time(1024 * 1024) / time(64 * 1024);
  });
  figure({
    title: '1 MiB of hostile text against 64 KiB of it',
    values: [Math.max(...ratios)],
    unit: '×',
    atMost: 20,
  });
};
