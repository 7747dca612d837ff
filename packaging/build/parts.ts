import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// Code that starts another program of ours finds it by `new URL('./x.ts', import.meta.url)`. Inside an executable there are no files: a child
// process is the same executable with the part's name as an argument, a worker gets the part's text. Both are rewritten here, while bundling, so
// that whoever adds a process or a worker has nothing to add to the build.

const REFERENCE = /(new Worker\(\s*)?new URL\('(\.\.?\/[^']+\.ts)', import\.meta\.url\)/g;

export interface Parts {
  /** Entry points of child processes, as `agent/icmp/main.ts`. */
  readonly processes: readonly string[];
  readonly workers: readonly string[];
}

/** Argument that makes an executable run the part instead of its program. A path, because `fork` wants one. */
export const argumentOf = (part: string): string => `/sonde-part/${part}`;

/** The parts that files below the folders start. */
export const findParts = (root: string, folders: readonly string[]): Parts => {
  const processes = new Set<string>();
  const workers = new Set<string>();
  for (const file of folders.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root })))
    for (const { part, isWorker } of referencesIn(file, readFileSync(join(root, file), 'utf8'))) (isWorker ? workers : processes).add(part);
  return { processes: [...processes].toSorted(), workers: [...workers].toSorted() };
};

/** The file's text with every reference pointing into the executable. */
export const rewriteParts = (file: string, text: string): string =>
  text.replaceAll(REFERENCE, (_all, worker: string | undefined, path: string) => {
    const part = join(file, '..', path);
    return worker === undefined ? `new URL('file://${argumentOf(part)}')` : `${worker}__sondeWorker('${part}')`;
  });

/** A process may await at its top level, a script may not: all but its imports goes into a function. */
export const wrapEntry = (text: string): string => {
  const imports = [...text.matchAll(/^import\b[^;]*?'[^']+'(?: with \{[^}]*\})?;$/gm)].map(([statement]) => statement);
  const rest = imports.reduce((left, statement) => left.replace(statement, ''), text);
  return `${imports.join('\n')}\nvoid (async () => {\n${rest}\n})();\n`;
};

const referencesIn = (file: string, text: string): { part: string; isWorker: boolean }[] =>
  [...text.matchAll(REFERENCE)].map(([, worker, path = '']) => ({ part: join(file, '..', path), isWorker: worker !== undefined }));
