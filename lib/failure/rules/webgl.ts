/** WebGL: headless-gl, three.js, tfjs, browsers. */

import { Weight } from './rule.js';
import type { Rule } from './rule.js';

export const webgl: readonly Rule[] = [
  {
    id: 'webgl.context',
    origin:
      'stackgl/headless-gl src/javascript/node-gl.js, mrdoob/three.js, tensorflow/tfjs tfjs-backend-webgl, babylon.js',
    pattern:
      /(?:Error|Failed|Unable|Could not|Cannot) (?:creating|to create|create|get|getting|to get|to initialize|initialize)(?: a| the)? ?(?:headless )?WebGL\d?[ -]?(?:rendering )?(?:[cC]ontext)?|WebGL (?:is not (?:supported|available)|not supported|is disabled)|WebGL\d? context could not be created|context could not be created\b[^\n]{0,40}WebGL/i,
    weight: Weight.strong,
    category: 'no-device',
    example: 'Error creating WebGLContext',
    nearMiss: 'WebGL context created',
  },
  {
    id: 'webgl.context-lost',
    origin: 'WebGL 1.0 specification, "The Context is Lost"; mrdoob/three.js; Chromium gpu/',
    pattern:
      /CONTEXT_LOST_WEBGL|\bwebgl2? ?context ?lost\b|(?:WebGL|GL|WebGLRenderer:|Graphics|rendering)\d? ?[Cc]ontext (?:was |has been |is )?[Ll]ost|GPU (?:context|channel)[^\n]{0,20} lost/,
    weight: Weight.strong,
    category: 'device-lost',
    example: 'THREE.WebGLRenderer: Context Lost.',
    nearMiss: 'async context lost: use AsyncLocalStorage',
  },
  {
    id: 'webgl.shader',
    origin: 'tensorflow/tfjs tfjs-backend-webgl/src/webgl_util.ts',
    pattern:
      /Failed to (?:compile (?:fragment|vertex) shader|link vertex and fragment shaders)|Unable to create (?:vertex |fragment )?WebGL\w{4,20}/,
    weight: Weight.strong,
    category: 'library',
    example: 'Failed to compile fragment shader.',
  },
  {
    id: 'webgl.program',
    origin:
      'mrdoob/three.js src/renderers/webgl/WebGLProgram.js; BabylonJS; Chromium gpu/command_buffer',
    pattern:
      /WebGLProgram: [Ss]hader [Ee]rror|WebGL: INVALID_\w{4,30}|\[\.?WebGL-\w{4,20}\][^\n]{0,20}(?:GL_INVALID|GL_OUT|GL ERROR|RENDER WARNING)|(?:[Ff]ragment|[Vv]ertex) shader (?:compil\w{2,6}|not compiled|failed)|[Uu]nable to compile effect|Could not compile (?:fragment|vertex|WebGL) (?:shader|program)/,
    weight: Weight.strong,
    category: 'invalid-argument',
    example: 'THREE.WebGLProgram: Shader Error 0 - VALIDATE_STATUS false',
  },
  {
    id: 'webgl.unsupported',
    origin:
      'pixijs/pixijs, regl-project/regl, CesiumGS/cesium, mapbox/mapbox-gl-js, tensorflow/tfjs tfjs-core/src/engine.ts',
    pattern:
      /WebGL2? (?:is )?(?:unsupported|not supported|unavailable|disabled)|\bwebgl2? not supported|browser (?:supports WebGL, but|does not support WebGL)|Failed to initialize WebGL|Initialization of backend web(?:gl|gpu) failed|[Ff]ailed to create (?:a )?WebGL|WebGL (?:initialization|context creation) failed|does not (?:appear to )?support WebGL|WebGL2? contexts? can ?not be created|headless gl is not installed/,
    weight: Weight.strong,
    category: 'no-device',
    restart: 'environment',
    example: 'Initialization of backend webgl failed',
  },
];
