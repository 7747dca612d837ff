import t from 'tap';
import { parentsByPath, type SeenPath } from '../../../../controller/alerts/path-parents.ts';

const TARGETS = ['gw', 'core', 'edge', 'web']
  .map((id, index) => ({ id, address: `192.0.2.${index + 1}` }))
  .concat({ id: 'six', address: '2001:db8::A' });
const addressOf = (hop: string): string => TARGETS.find(({ id }) => id === hop)?.address ?? hop;
/** `ams1 web gw * core`: the hops by target, `*` for none. */
const path = (text: string): SeenPath => {
  const [agent = '', target = '', ...hops] = text.split(' ');
  return { agent, target, hops: hops.map((hop) => (hop === '*' ? null : addressOf(hop))) };
};
const parents = (...texts: readonly string[]) => Object.fromEntries(parentsByPath(texts.map(path), TARGETS));

t.test('path parents: targets on the way, and nothing else on it', async (t) => {
  t.strictSame(parents('ams1 web gw 198.51.100.7 core'), { web: ['core', 'gw'] });
  t.strictSame(parents('ams1 web 198.51.100.7'), {});
  t.strictSame(parents('ams1 web 2001:DB8::a'), { web: ['six'] });
});

t.test('path parents: the nearest to the target first, as the evaluator takes the last that is bad for the cause', async (t) => {
  t.strictSame(parents('ams1 web core edge gw'), { web: ['gw', 'edge', 'core'] });
  t.strictSame(parents('ams1 web gw * edge core', 'ams1 web gw edge * 198.51.100.7 core'), { web: ['core', 'edge', 'gw'] });
});

t.test('path parents: only what every way passes', async (t) => {
  t.strictSame(parents('ams1 web gw core', 'fra1 web core'), { web: ['core'] }, 'one agent’s gateway is no parent for the other');
  t.strictSame(parents('ams1 web core', 'ams1 web edge'), {}, 'equal ways');
});

t.test('path parents: a hop that did not answer says nothing, and proves nothing', async (t) => {
  t.strictSame(parents('ams1 web core', 'ams1 web *'), { web: ['core'] });
  t.strictSame(parents('ams1 web core', 'fra1 web *'), {}, 'fra1 has never seen it');
});

t.test('path parents: a target is not its own parent', async (t) => {
  t.strictSame(parents('ams1 core core web'), { core: ['web'] });
});
