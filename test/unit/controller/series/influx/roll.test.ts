import t from 'tap';
import { openFieldTypes } from '../../../../../controller/series/influx/field-types.ts';
import { windowsOf } from '../../../../../controller/series/influx/rollups/roll.ts';

t.test('roll: a field that only other series have is not taken for a number', async (t) => {
  const table = { name: 'things', tags: { agent: 'a' }, columns: ['time', 'is_up', 'v', 'words'], rows: [[0, null, 2, null]] };
  const other = { ...table, tags: { agent: 'b' }, rows: [[0, null, null, 'up']] };
  const { fields, tiers } = windowsOf('things', [table, other], openFieldTypes());
  t.same(
    fields.map(({ name, type }) => [name, type]),
    [
      ['v', 'float'],
      ['words', 'string'],
    ],
  );
  t.match(tiers[2], [
    { tags: { agent: 'a' }, fields: { v: 2, 'v:count': 1 } },
    { tags: { agent: 'b' }, fields: { words: 'up' } },
  ]);
});
