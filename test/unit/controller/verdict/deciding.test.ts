import t from 'tap';
import { consider } from '../../../../controller/verdict/judge.ts';
import { smallCase } from './small-case.ts';

/** A fault that only one pair shows: the agent, the path and the target all fit. */
const lonely = smallCase({ happenings: [{ from: 10, pairs: ({ agent, target }) => agent === 'ber-1' && target === 'tok-2', loss: 0.4 }] });

t.test('what one pair shows alone names nobody with confidence', async (t) => {
  for (const { incident } of consider(lonely)) t.ok(!incident.answered || (incident.verdicts[0]?.confidence ?? 1) < 0.99);
});

t.test('measurements that would decide come with what they part, the most telling first', async (t) => {
  const open = smallCase({
    happenings: [{ from: 10, pairs: ({ way, site }) => site === 'ber' && way.includes('line.tok'), loss: 0.5 }],
  });
  for (const { account } of consider(open)) {
    const { deciding } = account();
    t.same(
      deciding.map(({ bits }) => bits),
      deciding.map(({ bits }) => bits).toSorted((a, b) => b - a),
    );
    for (const { parts, agent, target } of deciding) {
      t.ok(parts[0].length > 0 && parts[1].length > 0);
      t.ok(open.agents.id.includes(agent) && open.targets.id.includes(target));
    }
  }
});

t.test('evidence says how many pairs over the suspect suffer, and how many others', async (t) => {
  const given = smallCase({ happenings: [{ from: 8, pairs: ({ site }) => site === 'par', loss: 0.3 }] });
  const [only] = consider(given);

  t.match(only?.account().evidence, [
    { kind: 'members', supports: true, text: /^16 of 16 pairs that pass it lose 30 % of the packets/ },
    { kind: 'others', supports: true, text: 'none of the 32 other pairs does' },
    { kind: 'agents', text: 'seen from 2 agents' },
    { kind: 'gateway', supports: true },
  ]);
});
