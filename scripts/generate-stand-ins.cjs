#!/usr/bin/env node
'use strict';
// Makes native/mock/exports/stand_ins.gypi: a target of node-gyp's for each stand-in library that
// native/sources.json lists. gyp takes lists of sources from a command, but no targets.
//   node scripts/generate-stand-ins.cjs           writes it
//   node scripts/generate-stand-ins.cjs --check   writes nothing; exits 1 if it is stale

const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const target = path.join(root, 'native', 'mock', 'exports', 'stand_ins.gypi');

function targetOf(row) {
  const [name, source] = row.split(' ');
  const dot = name.indexOf('.');
  return `        {
          "target_name": "stand_in_${name.replace(/[^a-z0-9]/g, '_')}",
          "includes": ["stand_in.gypi"],
          "product_name": "${name.slice(0, dot)}",
          "product_extension": "${name.slice(dot + 1)}",
          "sources": ["${source}.cc"],
          "ldflags": ["-Wl,--version-script,<(module_root_dir)/native/mock/exports/lib${name}.map"]
        }`;
}

const { stand_in: rows } = JSON.parse(
  fs.readFileSync(path.join(root, 'native', 'sources.json'), 'utf8'),
);
const text = `# Made by scripts/generate-stand-ins.cjs from native/sources.json.
{
  "conditions": [
    ["OS=='linux'", {
      "targets": [
${rows.map(targetOf).join(',\n')}
      ]
    }]
  ]
}
`;
const name = path.relative(root, target);
if (!process.argv.includes('--check')) {
  fs.writeFileSync(target, text);
} else if (!fs.existsSync(target) || fs.readFileSync(target, 'utf8') !== text) {
  console.error(`${name} is stale: run "npm run generate" and commit the result`);
  process.exitCode = 1;
}
