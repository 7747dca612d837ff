import t from 'tap';
import * as z from 'zod';
import { VerdictCase } from '../../../../controller/verdict/case.ts';
import { smallCase } from './small-case.ts';

const refusal = (change: object): string => {
  const parsed = VerdictCase.safeParse({ ...smallCase(), ...change });
  return parsed.success ? 'taken' : z.prettifyError(parsed.error);
};

t.test('a whole case is taken as it is', async (t) => {
  t.equal(refusal({}), 'taken');
});

t.test('columns of other lengths and indices that point nowhere are named', async (t) => {
  const { pairs, series } = smallCase();

  t.match(refusal({ pairs: { ...pairs, base_loss: [0.1] } }), /has 1 entries where 48 are wanted\n.*pairs\.base_loss/);
  t.match(refusal({ pairs: { ...pairs, target: pairs.target.map(() => 99) } }), /is 99, but there are only 10\n.*pairs\.target/);
  t.match(
    refusal({ series: { ...series, sent: series.sent.map((row) => row.slice(1)) } }),
    /has 29 rounds where 30 are wanted\n.*series\.sent/,
  );
  t.match(refusal({ rounds: 'many' }), /rounds/);
});
