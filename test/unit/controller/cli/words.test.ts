import t from 'tap';
import { collectLabel, formatTable, parseCount, parseDuration } from '../../../../controller/cli/words.ts';

t.test('words: durations', async (t) => {
  t.same(['90s', '30m', '12h', '7d'].map(parseDuration), [90_000, 1_800_000, 43_200_000, 604_800_000]);
  for (const wrong of ['5', 'm', '1w', '-1s', '1.5h', '']) t.throws(() => parseDuration(wrong), /a time such as 90s, 30m, 12h or 7d/);
});

t.test('words: labels and counts', async (t) => {
  t.same(collectLabel('tier=pop', collectLabel('country=de', {})), { country: 'de', tier: 'pop' });
  t.same(collectLabel('note=a=b', {}), { note: 'a=b' });
  for (const wrong of ['country', '=de', 'country=']) t.throws(() => collectLabel(wrong, {}), /a label is key=value/);
  t.throws(() => parseCount('ten'), /a whole number/);
});

t.test('words: a table is as wide as its longest cells', async (t) => {
  const table = formatTable(
    ['id', 'state'],
    [
      ['ams1', 'online'],
      ['a-long-name', 'off'],
    ],
  );

  t.equal(table, 'ID           STATE\nams1         online\na-long-name  off');
});
