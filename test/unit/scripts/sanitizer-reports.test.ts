/** Which of a sanitizer's reports concern us, by reports in the form that each of them writes. */

import { join } from 'node:path';

interface Reports {
  reportsIn: (text: string) => string[];
  isOurs: (report: string) => boolean;
}
const { reportsIn, isOurs } = jest.requireActual<Reports>(
  join(__dirname, '../../../scripts/sanitizers/reports.cjs'),
);

const ours = (text: string): boolean[] => reportsIn(text).map(isOurs);

const LEAKS = `
=================================================================
==4711==ERROR: LeakSanitizer: detected memory leaks

Direct leak of 32 byte(s) in 1 object(s) allocated from:
    #0 0x7f49 in operator new(unsigned long) asan_new_delete.cpp:95
    #1 0x7f50 in std::make_unique<gpuex::JoinTable>() unique_ptr.h:1065
    #2 0xc45d in v8impl::(anonymous namespace)::FunctionCallbackWrapper::Invoke (/usr/bin/node+0xc4)
    #3 0xf50b in v8::internal::Builtin_HandleApiCall(int, unsigned long*) (/usr/bin/node+0xf5)

Indirect leak of 128 byte(s) in 1 object(s) allocated from:
    #0 0x7f3a in operator new(unsigned long) asan_new_delete.cpp:95
    #1 0x10ef in v8::internal::Heap_CombinedGenerationalAndSharedBarrierSlow (/usr/bin/node+0x10)
    #2 0xc491 in napi_set_named_property (/usr/bin/node+0xc4915a)
    #3 0x7f3a in gpuex::GpuAddon::GpuAddon(Napi::Env, Napi::Object) ../native/addon.cc:45

Direct leak of 24 byte(s) in 1 object(s) allocated from:
    #0 0x7f3a in operator new(unsigned long) asan_new_delete.cpp:95
    #1 0xc491 in napi_create_reference (/usr/bin/node+0xc4915a)
    #2 0x7f3a in gpuex::Mailbox::Keep(unsigned long, Napi::Function const&) mailbox.cc:62

Direct leak of 8 byte(s) in 1 object(s) allocated from:
    #0 0x7f3a in malloc asan_malloc_linux.cpp:145
    #1 0xc491 in node::Environment::InitializeLibuv() (/usr/bin/node+0xc4915a)

SUMMARY: AddressSanitizer: 192 byte(s) leaked in 4 allocation(s).
`;

test('leaks: what our code, or Node-API for it, allocated, and not what V8 did below it', () => {
  expect(ours(LEAKS)).toEqual([true, false, true, false]);
});

test('errors of AddressSanitizer: any frame of ours, also of who freed it', () => {
  const error = (frame: string): string =>
    `==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x1\nREAD of size 8 at 0x1\n    #0 0x1 in uv__work (/usr/bin/node+0x1)\nfreed by thread T1 here:\n    #0 0x2 in operator delete\n    #1 0x3 in ${frame}\n`;
  expect(ours(error('gpuex::Latch::Write ../native/latch.h:30'))).toEqual([true]);
  expect(ours(error('node::Start(int, char**) (/usr/bin/node+0x3)'))).toEqual([false]);
});

test('what is undefined: by the file', () => {
  const undefinedIn = (file: string): string =>
    `${file}:57:27: runtime error: 2.14748e+09 is outside the range of 'int'\n    #0 0x1 in Somewhere\n`;
  expect(ours(undefinedIn('../native/bindings/entry.h'))).toEqual([true]);
  expect(ours(undefinedIn('deps/uv/src/timer.c'))).toEqual([false]);
});

test('races', () => {
  const race = (frame: string): string =>
    `WARNING: ThreadSanitizer: data race (pid=1)\n  Read of size 4 at 0x7 by thread T11:\n    #0 ${frame}\n    #1 v8::internal::Invoke <null> (node+0x1)\n==================\n`;
  expect(ours(race('AllocateHere ../native/ops/buffer.cc:31 (gpu_exceptions.node+0x5)'))).toEqual([true]); // prettier-ignore
  expect(ours(race('uv_mutex_lock <null> (node+0x2)'))).toEqual([false]);
});

test('valgrind', () => {
  const found = (what: string, frame: string): string =>
    `==9== ${what}\n==9==    at 0x48: operator new(unsigned long) (vg_replace_malloc.c:422)\n==9==    by 0x49: ${frame}\n==9==  Address 0x4 is 0 bytes after a block of size 8 alloc'd\n==9== \n`;
  const mine = 'gpuex::DeviceJoin::Get (device_join.cc:146)';
  const nodes = 'node::Start(int, char**) (in /usr/bin/node)';
  expect(ours(found('Invalid read of size 8', mine))).toEqual([true]);
  expect(ours(found('Conditional jump or move depends on uninitialised value(s)', nodes))).toEqual([false]); // prettier-ignore
  const scan =
    '==9== Use of uninitialised value of size 8\n==9==    at 0x18: heap::base::(anonymous namespace)::IteratePointersInStack(heap::base::StackVisitor*) (in /usr/bin/node)\n==9==    by 0x11: v8::internal::Heap::CollectGarbage() (in /usr/bin/node)\n';
  expect(ours(`${scan}==9==    by 0x49: ${mine}\n`)).toEqual([false]);
  const lost = '16 bytes in 1 blocks are definitely lost in loss record 2 of 9';
  expect(ours(found(lost, mine) + found(lost, nodes))).toEqual([true, false]);
});
