import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { catchGpuExceptions, GPUException, resetFatalState } from '../../../lib/index.js';
import { CudaError, rejectionOf, tagged, thrownBy } from '../../helpers/gpu-errors.js';

interface Message {
  exception: GPUException;
  failure: unknown;
}

let published: Message[] = [];
const listener = (message: unknown): void => void published.push(message as Message);

beforeEach(() => {
  published = [];
  subscribe('gpu-exceptions:failure', listener);
});
afterEach(() => {
  unsubscribe('gpu-exceptions:failure', listener);
  resetFatalState();
});

const fail = (): never => {
  throw tagged();
};

describe('the diagnostics channel', () => {
  test('gets every exception that the guard makes, once', async () => {
    const thrown = thrownBy(() => catchGpuExceptions(() => catchGpuExceptions(fail)));
    expect(published).toEqual([{ exception: thrown, failure: (thrown as GPUException).failure }]);
    expect(published[0]?.exception).toBe(thrown);
    const rejected = await rejectionOf(catchGpuExceptions(async () => fail()));
    expect(published).toHaveLength(2);
    expect(published[1]?.exception).toBe(rejected);
    expect(published[1]?.failure).toBe((rejected as GPUException).failure);
  });

  test('gets no error that is not the GPU’s, and no exception that passes through', () => {
    thrownBy(() =>
      catchGpuExceptions(() => {
        throw new TypeError('x');
      }),
    );
    thrownBy(() =>
      catchGpuExceptions(() => {
        throw new GPUException();
      }),
    );
    expect(published).toEqual([]);
  });

  test('gets the refusals of a closed latch', () => {
    const first = thrownBy(() =>
      catchGpuExceptions(() => {
        throw new CudaError(700);
      }),
    );
    const refused = thrownBy(() => catchGpuExceptions(() => 1));
    expect(published.map(({ exception }) => exception)).toEqual([first, refused]);
  });
});

describe('onFailure', () => {
  test('is called with every GPUException that leaves the guard, before it does', async () => {
    const onFailure = jest.fn();
    const made = thrownBy(() => catchGpuExceptions(fail, { onFailure }));
    expect(onFailure.mock.calls).toEqual([[made]]);
    const passing = new GPUException();
    await rejectionOf(catchGpuExceptions(() => Promise.reject(passing), { onFailure }));
    expect(onFailure).toHaveBeenLastCalledWith(passing);
    thrownBy(() =>
      catchGpuExceptions(
        () => {
          throw new TypeError('x');
        },
        { onFailure },
      ),
    );
    expect(onFailure).toHaveBeenCalledTimes(2);
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('my own mistake');
      },
    ],
    ['rejects', () => Promise.reject(new Error('my own mistake'))],
    [
      'throws what cannot be shown',
      () => {
        throw Object.create(null);
      },
    ],
  ])('what it %s becomes a warning; the failure leaves as ever', async (_name, onFailure) => {
    const warnings: Error[] = [];
    const emit = jest.spyOn(process, 'emitWarning').mockImplementation(((
      text: string,
      options: object,
    ) => {
      warnings.push(Object.assign(new Error(text), options));
    }) as never);
    const thrown = thrownBy(() => catchGpuExceptions(fail, { onFailure }));
    await new Promise((resume) => setImmediate(resume));
    emit.mockRestore();
    expect(thrown).toBeInstanceOf(GPUException);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({
      type: 'GpuExceptionsWarning',
      code: 'GPU_EXCEPTIONS_ON_FAILURE',
    });
    expect(warnings[0]?.message).toMatch(/^onFailure threw/);
  });
});

describe('onFailure that uses the guard', () => {
  test('is not told of what it guards itself', () => {
    let calls = 0;
    const onFailure = (): void => {
      calls++;
      thrownBy(() => catchGpuExceptions(fail, { onFailure }));
    };
    thrownBy(() => catchGpuExceptions(fail, { onFailure }));
    expect(calls).toBe(1);
  });

  test('that always throws warns once', () => {
    const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const onFailure = (): never => {
      throw new Error('my own mistake');
    };
    for (let i = 0; i < 5; i++) thrownBy(() => catchGpuExceptions(fail, { onFailure }));
    expect(emit).toHaveBeenCalledTimes(1);
    emit.mockRestore();
  });
});
