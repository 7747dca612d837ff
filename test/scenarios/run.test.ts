import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import t from 'tap';
import { play } from './play.ts';
import { parseScript } from './script.ts';

// Every test/scenarios/**/*.txt is a test; `--update` writes down what happened, to be read like prose before it is committed.

const isUpdate = process.argv.includes('--update');

for (const file of globSync(`${import.meta.dirname}/alerts/*.txt`).toSorted()) {
  const text = readFileSync(file, 'utf8');
  const title = /^# (.*)/.exec(text)?.[1] ?? '';
  t.test(`${basename(file, '.txt')}: ${title}`, async (t) => {
    const script = parseScript(text);

    const happened = await play(script);

    if (isUpdate)
      writeFileSync(file, `${text.slice(0, text.indexOf('expect\n'))}expect\n${happened.map((line) => `  ${line}\n`).join('')}`);
    else t.strictSame(happened, script.expected);
    if (script.restartable)
      t.strictSame(await play(script, { restarts: true }), happened, 'the same when the controller starts anew after each commit');
    t.strictSame(await play(script, { doubled: true }), happened, 'the same when every arrival comes again and again');
  });
}
