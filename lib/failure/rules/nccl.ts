/** NCCL. */

import { factsFromCode } from '../code-facts.js';
import { Weight } from './rule.js';
import type { Rule } from './rule.js';

/** NCCL's texts, by nccl/src/init.cc (ncclGetErrorString). */
const NCCL_TEXT: Readonly<Record<string, number>> = {
  'unhandled cuda error': 1,
  'unhandled system error': 2,
  'internal error': 3,
  'invalid argument': 4,
  'invalid usage': 5,
  'remote process exited': 6,
};

export const nccl: readonly Rule[] = [
  {
    id: 'nccl.error',
    origin:
      'NVIDIA/nccl src/init.cc (ncclGetErrorString), pytorch/pytorch torch/csrc/distributed/c10d/NCCLUtils.hpp',
    pattern:
      /\bNCCL (?:Error|error|failure|failed)(?: with error)? ?(?<code>\d{1,2})?:? ?(?:in: \S{1,160}, )?(?<why>unhandled cuda error|unhandled system error|internal error|invalid argument|invalid usage|remote process exited)?/i,
    weight: Weight.strong,
    category: 'library',
    library: 'nccl',
    resolve: (match) => {
      const byText = NCCL_TEXT[(match.groups?.['why'] ?? '').toLowerCase()];
      const code =
        byText ?? (match.groups?.['code'] === undefined ? 0 : Number(match.groups['code']));
      // What is "unhandled cuda error" stands in the lines around it or nowhere.
      return code === 1
        ? { category: 'library', code, name: 'ncclUnhandledCudaError' }
        : (factsFromCode('nccl', code) ?? {});
    },
    example: 'NCCL Error 2: unhandled system error',
  },
  {
    id: 'nccl.watchdog',
    origin: 'pytorch/pytorch torch/csrc/distributed/c10d/ProcessGroupNCCL.cpp',
    pattern:
      /Watchdog caught collective operation timeout|Some NCCL operations have failed or timed out|NCCL communicator was aborted|NCCL watchdog thread terminated with exception|[Pp]rocess group watchdog thread terminated|\bProcessGroupNCCL(?:'s)?\s{1,3}watchdog (?:got stuck|detected|hang|timed out)|\[[EF]\d{3,8} [^\n\]]{1,60}ProcessGroupNCCL\.cpp:\d{1,6}\]/,
    weight: Weight.strong,
    category: 'timeout',
    library: 'nccl',
    restart: 'process',
    example:
      '[Rank 0] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=6, OpType=ALLREDUCE) ran for 1800000 milliseconds',
  },
];
