'use strict';
const koffi = require('koffi');
const cuda = require('gpu-exceptions/cuda');
const { useMock } = require('gpu-exceptions/mock');
const { compare } = require('../lib/compare.cjs');
const { thinAddon } = require('../lib/thin.cjs');

module.exports = async function deviceMemory() {
  useMock({ devices: 1 });
  const standIn = cuda.libraries().find((each) => each.library === 'nvml').path;

  const thin = thinAddon();
  const buffer = new ArrayBuffer(4096);
  thin.open(standIn, buffer);

  const library = koffi.load(standIn);
  const Memory = koffi.struct('nvmlMemory_v2_t', {
    version: 'uint32_t',
    total: 'uint64_t',
    reserved: 'uint64_t',
    free: 'uint64_t',
    used: 'uint64_t',
  });
  koffi.opaque('nvmlDevice');
  const byIndex = library.func(
    'int nvmlDeviceGetHandleByIndex_v2(uint32_t index, _Out_ nvmlDevice **device)',
  );
  const getMemory = library.func(
    'int nvmlDeviceGetMemoryInfo_v2(nvmlDevice *device, _Inout_ nvmlMemory_v2_t *memory)',
  );
  const out = [null];
  byIndex(0, out);
  const withKoffi = () => {
    const memory = { version: 0x02000028, total: 0, reserved: 0, free: 0, used: 0 };
    getMemory(out[0], memory);
    return memory;
  };

  const readings = new Float64Array(buffer);
  const { total } = cuda.deviceMemory(0);
  thin.deviceMemory(0);
  if (readings[3] !== total || Number(withKoffi().total) !== total)
    throw new Error('the three ways do not read the same memory');

  await compare({
    title: 'deviceMemory(0) against the thinnest Node-API call of the same function',
    baseline: ['thin addon', () => thin.deviceMemory(0)],
    subject: ['cuda.deviceMemory', () => cuda.deviceMemory(0)],
    bar: { ratio: 2 },
  });
  await compare({
    title: 'deviceMemory(0) against a struct decoded by koffi',
    baseline: ['koffi', withKoffi],
    subject: ['cuda.deviceMemory', () => cuda.deviceMemory(0)],
    bar: { atLeast: 10 },
  });
  koffi.reset?.();
  void Memory;
};
