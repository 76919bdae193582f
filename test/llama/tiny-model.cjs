'use strict';
// A model that llama.cpp accepts and that means nothing: GGUF version 3, random weights.

const fs = require('node:fs');

const TYPE = { u32: 4, i32: 5, f32: 6, string: 8, array: 9 };
const ALIGNMENT = 32;

class Writer {
  parts = [];
  length = 0;

  bytes(buffer) {
    this.parts.push(buffer);
    this.length += buffer.length;
    return this;
  }
  number(size, write) {
    const buffer = Buffer.alloc(size);
    write(buffer);
    return this.bytes(buffer);
  }
  u32(value) {
    return this.number(4, (b) => b.writeUInt32LE(value));
  }
  u64(value) {
    return this.number(8, (b) => b.writeBigUInt64LE(BigInt(value)));
  }
  string(value) {
    const text = Buffer.from(value, 'utf8');
    return this.u64(text.length).bytes(text);
  }
  value(type, value) {
    if (type === 'string') return this.string(value);
    if (type === 'f32') return this.number(4, (b) => b.writeFloatLE(value));
    if (type === 'i32') return this.number(4, (b) => b.writeInt32LE(value));
    return this.u32(value);
  }
  key(name, type, value) {
    this.string(name);
    if (!Array.isArray(value)) return this.u32(TYPE[type]).value(type, value);
    this.u32(TYPE.array).u32(TYPE[type]).u64(value.length);
    for (const item of value) this.value(type, item);
    return this;
  }
  pad() {
    return this.bytes(Buffer.alloc((ALIGNMENT - (this.length % ALIGNMENT)) % ALIGNMENT));
  }
}

function vocabulary() {
  const tokens = ['<unk>', '<s>', '</s>'];
  const types = [2, 3, 3];
  for (let byte = 0; byte < 256; byte += 1) {
    tokens.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
    types.push(6);
  }
  tokens.push('\u2581');
  types.push(1);
  return { tokens, types };
}

function tensors({ blocks, width, feedForward }, words) {
  const list = [
    ['token_embd', [width, words]],
    ['output_norm', [width]],
    ['output', [width, words]],
  ];
  for (let block = 0; block < blocks; block += 1) {
    const of = (name, shape) => list.push([`blk.${block}.${name}`, shape]);
    of('attn_norm', [width]);
    for (const name of ['attn_q', 'attn_k', 'attn_v', 'attn_output']) of(name, [width, width]);
    of('ffn_norm', [width]);
    of('ffn_gate', [width, feedForward]);
    of('ffn_up', [width, feedForward]);
    of('ffn_down', [feedForward, width]);
  }
  return list.map(([name, shape]) => ({ name: `${name}.weight`, shape }));
}

/**
 * Writes the model to `file`. `sparse`: the weights are a hole in the file, so that a model of
 * gigabytes takes a few KiB of disk.
 */
function writeModel(
  file,
  { blocks = 1, width = 64, feedForward = 128, context = 4096, sparse = false } = {},
) {
  const { tokens, types } = vocabulary();
  const list = tensors({ blocks, width, feedForward }, tokens.length);
  const keys = [
    ['general.architecture', 'string', 'llama'],
    ['llama.context_length', 'u32', context],
    ['llama.embedding_length', 'u32', width],
    ['llama.block_count', 'u32', blocks],
    ['llama.feed_forward_length', 'u32', feedForward],
    ['llama.attention.head_count', 'u32', width / 64],
    ['llama.attention.layer_norm_rms_epsilon', 'f32', 1e-5],
    ['tokenizer.ggml.model', 'string', 'llama'],
    ['tokenizer.ggml.tokens', 'string', tokens],
    ['tokenizer.ggml.scores', 'f32', tokens.map(() => 0)],
    ['tokenizer.ggml.token_type', 'i32', types],
    ['tokenizer.ggml.bos_token_id', 'u32', 1],
    ['tokenizer.ggml.eos_token_id', 'u32', 2],
    ['tokenizer.ggml.unknown_token_id', 'u32', 0],
  ];
  const out = new Writer();
  out.bytes(Buffer.from('GGUF')).u32(3).u64(list.length).u64(keys.length);
  for (const [name, type, value] of keys) out.key(name, type, value);
  let offset = 0;
  for (const tensor of list) {
    tensor.count = tensor.shape.reduce((a, b) => a * b, 1);
    out.string(tensor.name).u32(tensor.shape.length);
    for (const size of tensor.shape) out.u64(size);
    out.u32(0).u64(offset); // f32
    offset += Math.ceil((tensor.count * 4) / ALIGNMENT) * ALIGNMENT;
  }
  out.pad();
  const end = out.length + offset;
  if (!sparse) {
    let seed = 1;
    for (const { name, count } of list) {
      const weights = new Float32Array(count);
      const norm = name.includes('norm');
      for (let i = 0; i < count; i += 1) {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        weights[i] = norm ? 1 : (seed / 2 ** 32 - 0.5) / 10;
      }
      out.bytes(Buffer.from(weights.buffer)).pad();
    }
  }
  fs.writeFileSync(file, Buffer.concat(out.parts));
  fs.truncateSync(file, end);
  return { bytes: end };
}

module.exports = { writeModel };
