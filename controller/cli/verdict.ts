// `controller verdict FILE… --out DIR`: judges cases from files by the code that judges live incidents.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Command } from 'commander';
import * as z from 'zod';
import { VerdictCase } from '../verdict/case.ts';
import { judge } from '../verdict/judge.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';

type Print = (text: string) => void;

const ENDINGS = /(\.json)?(\.gz)?$/;
const GZIP = [0x1f, 0x8b] as const;
/** A case of hundreds of agents has some MB; what grows beyond this is none. */
const CASE_BYTES_MAX = 512 * 1024 * 1024;

export const verdictCommand = (print: Print): Command =>
  new Command('verdict')
    .description('say whose fault it was, for cases in files: writes DIR/<case>.json for each')
    .argument('<file...>', 'cases, JSON, gzipped or not')
    .requiredOption('--out <dir>', 'where the answers go; it is made when it is missing')
    .option('--json', 'one JSON line for each case')
    .action(async (files: readonly string[], { out, json = false }: { out: string; json?: boolean }) => {
      await mkdir(out, { recursive: true });
      const broken: string[] = [];
      for (const file of files) {
        const read = await readCase(file);
        if (typeof read === 'string') {
          broken.push(read);
          continue;
        }
        const answer = judge(read.given);
        const to = path.join(out, `${read.name}.json`);
        await writeFile(to, `${JSON.stringify(answer)}\n`);
        const told = answer.incidents.map(({ answered, verdicts: [first] }) =>
          answered && first !== undefined ? `${first.class} ${first.element}` : 'cannot tell',
        );
        print(
          json
            ? JSON.stringify({ case: read.name, to, incidents: answer.incidents.length })
            : `${read.name}: ${told.join(', ') || 'quiet'}`,
        );
      }
      if (broken.length > 0) throw new CommandFailed(EXIT.data, broken.join('\n'));
    });

/** A case and the name that its answer gets; or why it cannot be read: what, where, and what would be right. */
const readCase = async (file: string): Promise<{ readonly name: string; readonly given: VerdictCase } | string> => {
  try {
    const bytes = await readFile(file);
    const packed = bytes[0] === GZIP[0] && bytes[1] === GZIP[1];
    const text = (packed ? await promisify(gunzip)(bytes, { maxOutputLength: CASE_BYTES_MAX }) : bytes).toString('utf8');
    const parsed = VerdictCase.safeParse(JSON.parse(text));
    if (parsed.success) return { name: path.basename(file).replace(ENDINGS, ''), given: parsed.data };
    return `${file}: not a verdict case:\n${z.prettifyError(parsed.error).split('\n').slice(0, 6).join('\n')}`;
  } catch (error) {
    return `${file}: ${error instanceof Error ? error.message : String(error)}`;
  }
};
