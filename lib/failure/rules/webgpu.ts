/** WebGPU: Dawn, wgpu, browsers, Deno. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const webgpu: readonly Rule[] = [
  {
    id: 'webgpu.device-lost',
    origin: 'dawn src/dawn/native/Device.cpp, gfx-rs/wgpu wgpu-core/src/device',
    pattern:
      /\bDeviceLost\b|\b(?:(?:GPU|WebGPU|wgpu|Dawn|parent|graphics|logical|Vulkan|Metal|D3D1[12]|DirectX|rendering|\[Device\w{0,30}(?: "[^"\n]{0,60}")?\]?)[ -]?device|\[Device\]|GPUDevice) (?:is |was |has been |got )?lost|(?:lost|reset) (?:GPU|graphics) device|lost the (?:GPU|graphics|logical|Vulkan|Metal|D3D1[12]) device|on 'GPU\w{3,30}': \[?Device\]? is lost|A valid external Instance reference no longer exists|D3D(?:1[12])? [dD]evice (?:being |was |has been |is )?(?:lost|removed|hung)/i,
    weight: Weight.strong,
    category: 'device-lost',
    example: 'Parent device is lost',
    nearMiss: 'The storage device is lost in transit',
  },
  {
    id: 'webgpu.memory',
    origin: 'gfx-rs/wgpu wgpu-core/src/device/mod.rs (DeviceError), dawn src/dawn/native',
    pattern:
      /[Nn]ot enough memory left|GPUOutOfMemoryError|wgpu[^\n]{0,80}[Oo]ut of [Mm]emory|GPUBuffer[^\n]{0,60}(?:[Oo]ut of memory|allocation failed)|createBuffer failed, size \((?<requested>\d{1,19})\) is too large|\bGL_OUT_OF_MEMORY\b|WebGL(?: [Ee]rror)?:? [^\n]{0,20}OUT_OF_MEMORY/,
    weight: Weight.certain,
    category: 'out-of-memory',
    library: 'webgpu',
    example: 'wgpu error: Validation Error: In Device::create_buffer: Not enough memory left.',
  },
  {
    id: 'webgpu.error-class',
    origin: 'WebGPU specification, GPUError and GPUPipelineError: classes as consoles print them',
    pattern: /\bGPU(?<what>OutOfMemory|Validation|Internal|Pipeline)Error: /,
    weight: Weight.conclusive + 1,
    category: 'library',
    library: 'webgpu',
    resolve: (match) =>
      match.groups?.['what'] === 'OutOfMemory'
        ? { category: 'out-of-memory' }
        : match.groups?.['what'] === 'Validation'
          ? { category: 'invalid-argument' }
          : {},
    example: 'Uncaught GPUPipelineError: Entry point "main" does not exist in the shader module',
  },
  {
    id: 'webgpu.no-adapter',
    origin:
      'gfx-rs/wgpu wgpu/src/api/instance.rs, dawn src/dawn/node, tensorflow/tfjs tfjs-backend-webgpu',
    pattern:
      /\b[Nn]o (?:suitable|appropriate|compatible|available|valid|WebGPU|GPU|supported)(?: (?:GPU|WebGPU|graphics))? ?(?:GPUA|a)dapters? ?(?:was |were |is |are |could be )?(?:found|available)?|(?:[Ff]ailed|[Uu]nable|[Cc]ould not|[Cc]ouldn't) (?:to )?(?:get|request|find|acquire|create|obtain) (?:a |an |any |the )?(?:suitable |appropriate )?(?:WebGPU |GPU |graphics )?(?:GPUA|a)dapter|WebGPU is not supported|navigator\.gpu is undefined|requestAdapter[^\n]{0,40}(?:null|failed)|WebGPU not (?:supported|available)|[Ff]ailed to create WebGPU/,
    weight: Weight.fair,
    category: 'no-device',
    library: 'webgpu',
    example: 'No suitable adapter found',
    nearMiss: 'No adapter found for model User in the ORM registry',
  },
  {
    id: 'webgpu.validation',
    origin:
      'dawn src/dawn/native (ErrorData), gfx-rs/wgpu wgpu-core: errors of the device timeline',
    pattern:
      /\[Invalid (?:CommandBuffer|Buffer|Texture|TextureView|ComputePipeline|RenderPipeline|BindGroup|BindGroupLayout|ShaderModule|PipelineLayout|Device|Queue|CommandEncoder|QuerySet|Sampler)\b[^\n]{0,80}is (?:invalid|lost)|dawn\/(?:src\/dawn\/)?native\/|\[(?:Device|Queue|Buffer|Texture|BindGroup|ComputePipeline|CommandEncoder|ComputePassEncoder|RenderPassEncoder|ShaderModule)(?: "[^"\n]{0,60}")?\]\.\w{3,40}\(|wgpu error: (?:Validation|Internal) Error|Failed to execute '\w{2,40}' on 'GPU[A-Z]\w{3,30}'/,
    weight: Weight.strong,
    category: 'invalid-argument',
    library: 'webgpu',
    resolve: (match) => (/wgpu error: Internal/.test(match[0]) ? { category: 'library' } : {}),
    example:
      '[Invalid CommandBuffer] is invalid. - While calling [Queue].Submit([[Invalid CommandBuffer]])',
    nearMiss: '[Invalid Date] is invalid.',
  },
  {
    id: 'webgpu.limits',
    origin:
      'WebGPU specification, GPUSupportedLimits; tensorflow/tfjs tfjs-backend-webgl/src/webgl_util.ts',
    pattern:
      /greater than [wW]ebGL maximum\b|exceeds the max(?:imum)? (?:buffer size|storage buffer binding size|uniform buffer binding size|texture size) limit|\bmax(?:StorageBufferBindingSize|BufferSize|ComputeWorkgroup\w{4,40}|ComputeInvocationsPerWorkgroup)\b[^\n]{0,80}(?:exceed|limit|greater|larger)|exceeds[^\n]{0,60}\bmax(?:StorageBufferBindingSize|BufferSize|ComputeWorkgroup\w{4,40}|imum buffer size)|Limit '[a-z_]{4,60}' value \d{1,19} is better than allowed \d{1,19}/,
    weight: Weight.strong,
    category: 'invalid-argument',
    library: 'webgpu',
    example:
      'Requested texture size [6567x6567] greater than WebGL maximum on this browser / GPU [4096x4096].',
    nearMiss: 'Requested texture size [-1536x512] is invalid.',
  },
  {
    id: 'webgpu.request-device',
    origin:
      'WebGPU specification, GPUAdapter.requestDevice; gfx-rs/wgpu wgpu-core (RequestDeviceError)',
    pattern:
      /Unsupported features? (?:was|were) requested|requestDevice[^\n]{0,40}[Ff]ailed|\bRequestDeviceError\b|[Rr]equest(?:ed|ing) (?:WebGPU )?feature '?[\w-]{3,40}'? (?:is )?not supported|Requested limit \S{3,60} [^\n]{0,40}(?:exceeds|not)/,
    weight: Weight.strong,
    category: 'not-supported',
    library: 'webgpu',
    restart: 'environment',
    example: 'Unsupported features were requested: BitFlags<Features>(0b100, TIMESTAMP_QUERY)',
  },
  {
    id: 'webgpu.shader',
    origin: 'gfx-rs/wgpu wgpu-core/src/device, naga; dawn src/tint: a shader that does not compile',
    pattern:
      /Shader validation error|In Device::create_\w{4,40}\b|Error while parsing WGSL|Invalid ShaderModule|wgpu[^\n]{0,40}Shader '[^'\n]{0,60}' parsing error/,
    weight: Weight.strong,
    category: 'invalid-argument',
    library: 'webgpu',
    example:
      'In Device::create_shader_module\n\nShader validation error: Entry point main is invalid',
  },
  {
    id: 'webgpu.features',
    origin:
      'gfx-rs/wgpu examples/src/framework.rs, WebGPU programs: features or limits that the adapter lacks',
    pattern:
      /[Aa]dapter does not (?:support|have|meet)[^\n]{0,60}|does not support (?:the )?required (?:WebGPU |GPU |device |Vulkan )?(?:features|limits|extensions?)|required (?:device )?(?:extensions?|features) (?:are |is )?(?:not supported|missing|not present|unavailable)/,
    weight: Weight.fair,
    category: 'not-supported',
    restart: 'environment',
    example:
      'Adapter does not support required features for this example: CONSERVATIVE_RASTERIZATION',
  },
];
