import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Plugin } from 'esbuild';
import { rewriteParts, wrapEntry } from './parts.ts';

/** Libraries that read files of their own beside them: these lie in a folder of the library's name beside the executable. */
export const LIBRARY_FILES = [{ library: 'net-snmp', from: 'lib/mibs' }] as const;

const OURS = /\/(agent|controller|protocol)\/.*\.ts$/;

/** What a bundle needs to live inside an executable: parts, addons, libraries' files, and the web admin as it was bundled at package time. */
export const executablePlugin = (root: string, processes: readonly string[]): Plugin => ({
  name: 'sonde-executable',
  setup: (build) => {
    build.onLoad({ filter: OURS }, ({ path }) => {
      const file = relative(root, path);
      if (file.startsWith('node_modules/')) return undefined;
      if (file === 'controller/web/build.ts') return { contents: WEB_FROM_ASSETS, loader: 'js' };
      const text = rewriteParts(file, readFileSync(path, 'utf8'));
      return { contents: processes.includes(file) ? wrapEntry(text) : text, loader: 'ts' };
    });
    // The web admin is bundled already.
    build.onResolve({ filter: /^esbuild$/ }, () => ({ path: 'esbuild', namespace: 'sonde-none' }));
    build.onLoad({ filter: /.*/, namespace: 'sonde-none' }, () => ({ contents: 'export const stop = async () => {};', loader: 'js' }));
    build.onResolve({ filter: /\.node$/ }, ({ path }) => ({ path, namespace: 'sonde-addon' }));
    build.onLoad({ filter: /.*/, namespace: 'sonde-addon' }, ({ path }) => ({
      contents: loadAddon(path.split('/').at(-1) ?? ''),
      loader: 'js',
    }));
    // What only browsers and older Nodes need, and zod's sentences in forty languages.
    build.onResolve({ filter: /^worker-timers$/ }, () => ({ path: 'worker-timers', namespace: 'sonde-none' }));
    build.onResolve({ filter: /^readable-stream$/ }, ({ importer }) =>
      importer.includes('/node_modules/mqtt/') ? { path: 'node:stream', external: true } : undefined,
    );
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: `export { default as en } from './en.js';`,
      loader: 'js',
    }));
    for (const { library } of LIBRARY_FILES)
      build.onLoad({ filter: new RegExp(`/node_modules/${library}/.*\\.js$`) }, ({ path }) => ({
        contents: `const __dirname = require('node:path').join(require('node:path').dirname(process.execPath), '${library}');\n${readFileSync(path, 'utf8')}`,
        loader: 'js',
      }));
  },
});

/** The addon beside the executable; a copy of the executable alone unpacks its own for the moment of loading. */
const loadAddon = (name: string): string => `
const { existsSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const beside = join(dirname(process.execPath), '${name}');
const own = { exports: {} };
if (existsSync(beside)) process.dlopen(own, beside);
else {
  const directory = mkdtempSync(join(require('node:os').tmpdir(), 'sonde-'));
  try {
    writeFileSync(join(directory, '${name}'), new Uint8Array(require('node:sea').getRawAsset('${name}')));
    process.dlopen(own, join(directory, '${name}'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
module.exports = own.exports;
`;

const WEB_FROM_ASSETS = `
import { getAsset, getRawAsset } from 'node:sea';
export const bundleWeb = async () =>
  new Map(JSON.parse(getAsset('web.json', 'utf8')).map(([path, type]) => [path, { type, body: new Uint8Array(getRawAsset('web' + path)) }]));
`;
