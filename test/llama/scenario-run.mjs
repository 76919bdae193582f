// Runs inside a process whose CUDA libraries are the stand-in's; prints what happened as one JSON
// object. Arguments: the folder of the models, and which part to run.
import { pathToFileURL } from 'node:url';
import path from 'node:path';

const [folder, part, packages] = process.argv.slice(2);
const { getLlama, InsufficientMemoryError } = await import(
  pathToFileURL(path.join(packages, 'node_modules', 'node-llama-cpp', 'dist', 'index.js')).href
);

const lines = [];
const llama = await getLlama({
  gpu: 'cuda',
  build: 'never',
  logLevel: 'warn',
  logger: (level, message) => lines.push({ level, message: message.trimEnd() }),
});
const result = { gpu: llama.gpu, devices: await llama.getGpuDeviceNames(), steps: [] };
const vram = async () => {
  const { total, used, free, unifiedSize } = await llama.getVramState();
  return { total, used, free, unifiedSize };
};
result.before = await vram();

const model = (name, options = {}) =>
  llama.loadModel({ modelPath: path.join(folder, `${name}.gguf`), gpuLayers: 'max', ...options });

async function failure(run) {
  try {
    await run();
    return null;
  } catch (error) {
    return {
      message: error.message,
      name: error.name,
      constructor: error.constructor.name,
      insufficient: error instanceof InsufficientMemoryError,
      ownKeys: Reflect.ownKeys(error).map(String).sort(),
    };
  }
}

// Log lines come after the promise: wait for the one that ends a failed load.
async function linesUntil(words) {
  const end = Date.now() + 10_000;
  while (!lines.some(({ message }) => message.includes(words)) && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return lines.splice(0).filter(({ level }) => level === 'error');
}

if (part === 'whole') {
  const loaded = await model('tiny');
  result.loaded = await vram();
  const context = await loaded.createContext({ contextSize: 256 });
  result.withContext = await vram();
  await context.getSequence().evaluateWithoutGeneratingNewTokens(loaded.tokenize('abcde'));
  result.evaluated = true;
  await context.dispose();
  await loaded.dispose();
  result.disposed = await vram();

  result.estimate = await failure(() => model('large'));
  result.real = await failure(() => model('large', { ignoreMemorySafetyChecks: true }));
  result.lines = await linesUntil('failed to load model');
  result.afterFailure = await vram();

  const again = await model('tiny');
  result.hugeContext = await failure(() =>
    again.createContext({ contextSize: 1 << 22, ignoreMemorySafetyChecks: true }),
  );
  result.contextLines = await linesUntil('failed to initialize the context');
  result.smallContext = await failure(async () => {
    const small = await again.createContext({ contextSize: 256 });
    await small.dispose();
  });
  await again.dispose();
  result.after = await vram();
} else if (part === 'broken') {
  await failure(() => model('tiny'));
}
console.log(`RESULT ${JSON.stringify(result)}`);
await llama.dispose();
