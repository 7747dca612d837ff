import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { verdictCommand } from '../../../../controller/cli/verdict.ts';
import { VerdictAnswer } from '../../../../controller/verdict/answer.ts';
import { judge } from '../../../../controller/verdict/judge.ts';
import { smallCase } from '../verdict/small-case.ts';

const fixture = path.resolve(import.meta.dirname, '../../../fixtures/verdict/target-down.json');
const given = smallCase({ happenings: [{ from: 10, pairs: ({ target }) => target === 'nyc-2', loss: 1 }] });

const prepare = (t: Test) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sonde-verdict-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const lines: string[] = [];
  const at = (name: string): string => path.join(folder, name);
  return {
    lines,
    at,
    run: (...words: string[]) => verdictCommand((text) => void lines.push(text)).parseAsync(words, { from: 'user' }),
    answer: (name: string) => VerdictAnswer.parse(JSON.parse(readFileSync(at(name), 'utf8'))),
  };
};

t.test('verdict: each case gets its answer in a folder that is made, packed or not', async (t) => {
  const { run, at, answer, lines } = prepare(t);
  writeFileSync(at('plain.json'), JSON.stringify(given));
  writeFileSync(at('packed.json.gz'), gzipSync(JSON.stringify(given)));
  await run(at('plain.json'), at('packed.json.gz'), '--out', at('new/answers'));
  t.strictSame(answer('new/answers/plain.json'), judge(given));
  t.strictSame(answer('new/answers/packed.json'), judge(given));
  t.same(lines, ['plain: target nyc-2', 'packed: target nyc-2']);
});

t.test('verdict: for programs one JSON line a case', async (t) => {
  const { run, at, lines } = prepare(t);
  writeFileSync(at('quiet.json'), JSON.stringify(smallCase()));
  await run(at('quiet.json'), '--out', at('out'), '--json');
  t.same(
    lines.map((line) => JSON.parse(line)),
    [{ case: 'quiet', to: at('out/quiet.json'), incidents: 0 }],
  );
});

t.test('verdict: a file that is no case is named with what is wrong, and the others are judged', async (t) => {
  const { run, at, answer } = prepare(t);
  writeFileSync(at('good.json'), JSON.stringify(given));
  writeFileSync(at('short.json'), JSON.stringify({ ...given, rounds: 7 }));
  writeFileSync(at('text.json'), 'no case');
  await t.rejects(run(at('short.json'), at('missing.json'), at('text.json'), at('good.json'), '--out', at('out')), {
    message: /short\.json: not a verdict case:[^]*where 7 are wanted[^]*missing\.json: ENOENT[^]*text\.json: /,
  });
  t.equal(answer('out/good.json').incidents.length, 1);
});

t.test('verdict: the example of the README', async (t) => {
  const { run, at, lines } = prepare(t);
  await run(fixture, '--out', at('out'));
  t.same(lines, ['target-down: target nyc-2']);
});
