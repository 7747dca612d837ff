import * as fc from 'fast-check';
import t from 'tap';
import { type Fate, longestLossRun, reorderedCount } from '../../../../agent/stats/loss.ts';

const FATES: Record<string, Fate> = { '.': 'received', x: 'lost', '?': 'unknown' };
const fates = (text: string): Fate[] => Array.from(text, (letter) => FATES[letter] ?? 'unknown');

t.test('the longest run of losses is counted in the order of sending', async (t) => {
  for (const [text, run] of [
    ['', 0],
    ['.....', 0],
    ['x', 1],
    ['.xx.xxx.x', 3],
    ['xxxx', 4],
    ['xx?xx', 2],
  ] as const)
    t.equal(longestLossRun(fates(text)), run, text);
});

t.test('a reply is reordered when one of a later-sent packet came before it', async (t) => {
  for (const [arrivals, count] of [
    [[], 0],
    [[0, 1, 2, 3], 0],
    [[0, 2, 3], 0],
    [[1, 0, 2], 1],
    [[3, 0, 1, 2], 3],
    [[0, 2, 1, 4, 3], 2],
  ] as const)
    t.equal(reorderedCount(arrivals), count, arrivals.join(' '));
});

t.test('as many replies are reordered as have a later-sent one before them', async () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(50)), (arrivals) => {
      const byDefinition = arrivals.filter((number, i) => arrivals.slice(0, i).some((earlier) => earlier > number)).length;
      return reorderedCount(arrivals) === byDefinition;
    }),
  );
});
