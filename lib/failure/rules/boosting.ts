/** Gradient boosting on the GPU: XGBoost, LightGBM, CatBoost. */

import { ENVIRONMENT, Weight } from './rule.js';
import type { Rule } from './rule.js';

export const boosting: readonly Rule[] = [
  {
    id: 'boosting.build',
    origin:
      'dmlc/xgboost src/common/common.h; lightgbm-org/LightGBM src/treelearner; catboost/catboost catboost/private/libs/options',
    pattern:
      /not compiled with GPU support|(?:GPU|CUDA) Tree Learner was not enabled in this build|Environment for task type \[GPU\] not found|must have at least one device|XGBoost (?:version )?not compiled with/,
    weight: Weight.conclusive + 1,
    category: 'not-supported',
    ...ENVIRONMENT,
    example: 'GPU Tree Learner was not enabled in this build.',
    nearMiss: 'XGBoost version 2.1',
  },
  {
    id: 'xgboost.memory',
    origin:
      'dmlc/xgboost src/common/device_helpers.cuh (ThrowOOMError): Memory allocation error on worker',
    pattern:
      /Memory allocation error on worker \d{1,4}: [^\n]{0,200}(?:cuda|CUDA|bulk allocation)[^\n]{0,200}/,
    weight: Weight.conclusive + 1,
    category: 'out-of-memory',
    library: 'cudart',
    example:
      'Memory allocation error on worker 0: std::bad_alloc: cudaErrorMemoryAllocation: out of memory',
  },
  {
    id: 'catboost.memory',
    origin: 'catboost/catboost catboost/cuda/cuda_lib (TOutOfMemoryError)',
    pattern:
      /NCudaLib::TOutOfMemoryError|NCudaLib[^\n]{0,120}(?:out of memory|Out of memory)|catboost\/cuda[^\n]{0,160}(?:[Oo]ut of memory|Not enough memory|TOutOfMemory)/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'cudart',
    example: "Condition violated: `State == nullptr'. NCudaLib::TOutOfMemoryError",
  },
  {
    id: 'catboost.error',
    origin: 'catboost/catboost catboost/cuda: file and line of the GPU trainer',
    pattern: /catboost\/(?:private\/libs\/)?cuda[\w/]{1,80}\.(?:cpp|h|cu):\d{1,6}/,
    weight: Weight.fair,
    category: 'library',
    library: 'cudart',
    example: "catboost/cuda/cuda_lib/cuda_manager.cpp:201: Condition violated: `State == nullptr'",
  },
];
