import { compile, describePrograms, run, sweep } from './programs';

afterAll(sweep);

describePrograms('a program on libcuda.so.1 that looks everything up by name', () => {
  test('allocates, copies, fills, waits, and is refused where it must be', () => {
    const program = compile('driver.cc', ['libcuda.so.1']);
    const { status, stdout, stderr } = run(program);
    expect(status).toBe(0);
    expect(stdout.trim().split('\n')).toEqual([
      'before cuInit 3',
      'cuInit 0',
      'without a context 201',
      'retain 0',
      'set 0',
      'device 0',
      'is 0',
      'alloc 0',
      'too much 2',
      'nothing 1',
      'stream 0',
      'event 0',
      'event 0',
      'pinned 0',
      'record 0',
      'to the device 0',
      'fill 0',
      'record 0',
      'wait 0',
      'elapsed 0',
      'not negative 1',
      'back 0',
      'first 9',
      'last 7',
      'text 0',
      'out of memory',
      'no text 1',
      'no function 500',
      'its status 1',
      'too new 500',
      'its status 2',
      'export table 500',
      'untouched 1',
      'graph 801',
      'granularity 801',
      'host implementation 0',
      'no code 200',
      'code 0',
      'scale 0',
      'scal 500',
      'helper 500',
      'too many threads 1',
      'too much shared memory 1',
      'without asking 49152',
      'more than there is 1',
      'asked for 0',
      'now 65536',
      'launch 0',
      'its end 0',
      'scaled 6',
      'unload 0',
      'unloaded 400',
      'loaded again 49152',
      'free 0',
      'free again 1',
      'destroy 0',
      'destroyed 400',
    ]);
    expect(stderr.trim().split('\n')).toEqual([
      'gpu-exceptions mock: cuGraphCreate of cuda is not modelled; it answers CUDA_ERROR_NOT_SUPPORTED',
      'gpu-exceptions mock: cuMemGetAllocationGranularity of cuda is not modelled; it answers CUDA_ERROR_NOT_SUPPORTED',
    ]);
  });
});
