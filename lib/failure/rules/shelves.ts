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
  ollama: () => require('./ollama.js')['ollama'],
  'llama-cpp': () => require('./llama-cpp.js')['llamaCpp'],
  'node-llama-cpp': () => require('./node-llama-cpp.js')['nodeLlamaCpp'],
  'whisper-cpp': () => require('./whisper-cpp.js')['whisperCpp'],
  tensorflow: () => require('./tensorflow.js')['tensorflow'],
  xla: () => require('./xla.js')['xla'],
  'node-packages': () => require('./node-packages.js')['nodePackages'],
  pytorch: () => require('./pytorch.js')['pytorch'],
  nccl: () => require('./nccl.js')['nccl'],
  bitsandbytes: () => require('./bitsandbytes.js')['bitsandbytes'],
  tensorrt: () => require('./tensorrt.js')['tensorrt'],
  cupy: () => require('./cupy.js')['cupy'],
  rmm: () => require('./rmm.js')['rmm'],
  numba: () => require('./numba.js')['numba'],
  ctranslate2: () => require('./ctranslate2.js')['ctranslate2'],
  'vendor-libraries': () => require('./vendor-libraries.js')['vendorLibraries'],
  paddle: () => require('./paddle.js')['paddle'],
  mxnet: () => require('./mxnet.js')['mxnet'],
  mlx: () => require('./mlx.js')['mlx'],
  blender: () => require('./blender.js')['blender'],
  miners: () => require('./miners.js')['miners'],
  'python-packages': () => require('./python-packages.js')['pythonPackages'],
  vllm: () => require('./vllm.js')['vllm'],
  'triton-server': () => require('./triton-server.js')['tritonServer'],
  'triton-compiler': () => require('./triton-compiler.js')['tritonCompiler'],
  webgpu: () => require('./webgpu.js')['webgpu'],
  webgl: () => require('./webgl.js')['webgl'],
  chromium: () => require('./chromium.js')['chromium'],
  vulkan: () => require('./vulkan.js')['vulkan'],
  direct3d: () => require('./direct3d.js')['direct3d'],
  metal: () => require('./metal.js')['metal'],
  display: () => require('./display.js')['display'],
  opencl: () => require('./opencl.js')['opencl'],
  openvino: () => require('./openvino.js')['openvino'],
  sycl: () => require('./sycl.js')['sycl'],
  rocm: () => require('./rocm.js')['rocm'],
  cann: () => require('./cann.js')['cann'],
  'nvidia-driver': () => require('./nvidia-driver.js')['nvidiaDriver'],
  containers: () => require('./containers.js')['containers'],
  theano: () => require('./theano.js')['theano'],
  deeplearning4j: () => require('./deeplearning4j.js')['deeplearning4j'],
  'spark-rapids': () => require('./spark-rapids.js')['sparkRapids'],
  tornadovm: () => require('./tornadovm.js')['tornadovm'],
  julia: () => require('./julia.js')['julia'],
  boosting: () => require('./boosting.js')['boosting'],
  faiss: () => require('./faiss.js')['faiss'],
  openmm: () => require('./openmm.js')['openmm'],
  lammps: () => require('./lammps.js')['lammps'],
  amber: () => require('./amber.js')['amber'],
  relion: () => require('./relion.js')['relion'],
  colmap: () => require('./colmap.js')['colmap'],
  unity: () => require('./unity.js')['unity'],
  unreal: () => require('./unreal.js')['unreal'],
  godot: () => require('./godot.js')['godot'],
  arrayfire: () => require('./arrayfire.js')['arrayfire'],
  matlab: () => require('./matlab.js')['matlab'],
  tvm: () => require('./tvm.js')['tvm'],
  opengl: () => require('./opengl.js')['opengl'],
  'cuda-documents': () => require('./cuda-documents.js')['cudaDocuments'],
  ffmpeg: () => require('./ffmpeg.js')['ffmpeg'],
  nvenc: () => require('./nvenc.js')['nvenc'],
  opencv: () => require('./opencv.js')['opencv'],
  deepstream: () => require('./deepstream.js')['deepstream'],
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
