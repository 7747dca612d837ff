import { readFileSync } from 'node:fs';
import t from 'tap';
import { parseNetDev } from '../../../../../agent/probes/local/net-dev.ts';

const recorded = readFileSync(new URL('../../../../fixtures/proc/net-dev.txt', import.meta.url), 'utf8');

t.test('/proc/net/dev: bytes, packets, errors and drops of both directions, exact to the last digit', async (t) => {
  const rows = parseNetDev(recorded);

  t.same(
    rows.map(({ name }) => name),
    ['lo', 'eth0', 'enp65s0f1np1', 'eth0.100', `we"i'rd$é`, 'a b:c'],
  );
  t.same(rows[1]?.counts, [94119274831, 87220331, 3, 211, 8123774210, 41231007, 0, 7]);
  t.same(rows[2]?.counts, [18446744073709551615n, 9007199254740993n, 0, 0, 4294967295, 0, 0, 0]);
});

t.test('/proc/net/dev: what is none of its rows is left out, and no text breaks it', async (t) => {
  const [first, second] = recorded.split('\n');
  for (const text of ['', '\n', `${first}\n`, `${first}\n${second}\n`]) t.same(parseNetDev(text), []);
  const broken = `${first}\n${second}\n  eth0: 1 2 3\n  eth1: 1 2 x 4 5 6 7 8 9 10 11 12\nno colon here\n: 1 2 3 4 5 6 7 8 9 10 11 12\n  eth2: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16`;
  t.same(parseNetDev(broken), [{ name: 'eth2', counts: [1, 2, 3, 4, 9, 10, 11, 12] }]);
});
