import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';

/** One file of the web admin as the server hands it out. */
export interface WebFile {
  readonly body: Uint8Array;
  readonly type: string;
}

const here = import.meta.dirname;
const copied = [
  ['index.html', '/index.html', 'text/html; charset=utf-8'],
  ['icon.svg', '/icon.svg', 'image/svg+xml'],
  ['design/inter-latin.woff2', '/inter.woff2', 'font/woff2'],
] as const;

/**
 * Bundles the web admin from source, about 100 ms: /index.html, /app.js, /app.css, the font and the icon by the path they are asked for.
 * Every other path of a page (no dot in it, not under /api) is answered with index.html. Throws when the source does not build.
 */
export const bundleWeb = async (): Promise<Map<string, WebFile>> => {
  const result = await build({
    entryPoints: { app: `${here}/main.tsx` },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    outdir: '/',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    external: ['/inter.woff2'],
    legalComments: 'none',
    logLevel: 'silent',
  });
  const files = new Map<string, WebFile>();
  for (const file of result.outputFiles)
    files.set(file.path, {
      body: file.contents,
      type: file.path.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8',
    });
  for (const [from, name, type] of copied) files.set(name, { body: await readFile(`${here}/${from}`), type });
  return files;
};
