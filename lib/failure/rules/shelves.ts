/** Where the rules stand, file by file; a file is loaded when one of its rules may match. */

import type { Rule } from './rule.js';

/** Rules are written to be read with their neighbours; nobody needs all of them for one text. */
type Shelf = Readonly<Record<string, readonly Rule[] | undefined>>;

// A plain `require` of literals, because that is what bundlers follow.
declare const require: (id: string) => Shelf;

/** In the order in which rules of equal weight and equal meaning are preferred. */
const SHELVES: Readonly<Record<string, () => readonly Rule[] | undefined>> = {
  'not-gpu': () => require('./not-gpu.js')['notGpu'],
  onnxruntime: () => require('./onnxruntime.js')['onnxruntime'],
  ggml: () => require('./ggml.js')['ggml'],
  tensorflow: () => require('./tensorflow.js')['tensorflow'],
  'node-packages': () => require('./node-packages.js')['nodePackages'],
  pytorch: () => require('./pytorch.js')['pytorch'],
  tensorrt: () => require('./tensorrt.js')['tensorrt'],
  arrays: () => require('./arrays.js')['arrays'],
  serving: () => require('./serving.js')['serving'],
  webgpu: () => require('./webgpu.js')['webgpu'],
  graphics: () => require('./graphics.js')['graphics'],
  compute: () => require('./compute.js')['compute'],
  'nvidia-system': () => require('./nvidia-system.js')['nvidiaSystem'],
  theano: () => require('./theano.js')['theano'],
  jvm: () => require('./jvm.js')['jvm'],
  julia: () => require('./julia.js')['julia'],
  boosting: () => require('./boosting.js')['boosting'],
  simulation: () => require('./simulation.js')['simulation'],
  'game-engines': () => require('./game-engines.js')['gameEngines'],
  miners: () => require('./miners.js')['miners'],
  compilers: () => require('./compilers.js')['compilers'],
  display: () => require('./display.js')['display'],
  'cuda-documents': () => require('./cuda-documents.js')['cudaDocuments'],
  video: () => require('./video.js')['video'],
  'vendor-names': () => require('./vendor-names.js')['vendorNames'],
  cuda: () => require('./cuda.js')['cuda'],
  wording: () => require('./wording.js')['wording'],
};

/** Names of all files of rules, in order of preference. */
export const shelfNames: readonly string[] = Object.keys(SHELVES);

/** The rules of one file; loads it. */
export function rulesOn(shelf: string): readonly Rule[] {
  return SHELVES[shelf]?.() ?? [];
}
