'use strict';
/** Lets development scripts `require` the TypeScript sources as they stand. Not shipped. */

const fs = require('node:fs');
const Module = require('node:module');
const ts = require('typescript');

exports.registerTypeScript = function registerTypeScript() {
  const options = {
    module: ts.ModuleKind.CommonJS,
    target: ts.ScriptTarget.ES2022,
    sourceMap: false,
  };
  require.extensions['.ts'] = (module, file) => {
    const source = fs.readFileSync(file, 'utf8');
    module._compile(ts.transpileModule(source, { compilerOptions: options }).outputText, file);
  };
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function resolveSource(request, parent, ...rest) {
    // Sources name their compiled form ('./x.js').
    if (
      /^\.{1,2}\//.test(request) &&
      request.endsWith('.js') &&
      parent?.filename?.endsWith('.ts')
    ) {
      return resolve.call(this, `${request.slice(0, -3)}.ts`, parent, ...rest);
    }
    return resolve.call(this, request, parent, ...rest);
  };
};
