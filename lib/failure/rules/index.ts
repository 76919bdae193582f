/** All text rules, engine by engine. Loaded at the first failure, never before. */

import { arrays } from './arrays.js';
import { compute } from './compute.js';
import { cuda } from './cuda.js';
import { ggml } from './ggml.js';
import { graphics } from './graphics.js';
import { nodePackages } from './node-packages.js';
import { notGpu } from './not-gpu.js';
import { nvidiaSystem } from './nvidia-system.js';
import { onnxruntime } from './onnxruntime.js';
import { pytorch } from './pytorch.js';
import type { Rule } from './rule.js';
import { serving } from './serving.js';
import { tensorflow } from './tensorflow.js';
import { tensorrt } from './tensorrt.js';
import { vendorNames } from './vendor-names.js';
import { video } from './video.js';
import { webgpu } from './webgpu.js';

/** In the order in which rules of equal weight and equal meaning are preferred. */
export const rules: readonly Rule[] = [
  ...notGpu,
  ...onnxruntime,
  ...ggml,
  ...tensorflow,
  ...nodePackages,
  ...pytorch,
  ...tensorrt,
  ...arrays,
  ...serving,
  ...webgpu,
  ...graphics,
  ...compute,
  ...nvidiaSystem,
  ...video,
  ...vendorNames,
  ...cuda,
];
