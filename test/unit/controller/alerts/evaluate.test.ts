import t from 'tap';
import { readingOf } from '../../../../controller/alerts/evaluate.ts';
import { isAnswered, observe, targetOf } from '../../../../controller/alerts/observation.ts';
import { Rule } from '../../../../protocol/rule.ts';
import type { Round } from '../../../../protocol/round.ts';
import { makeRound, makeSample } from '../../../helpers/rounds.ts';

const lossRule = Rule.parse({ id: 'r', name: 'r', field: 'loss_ratio', threshold: 0.2 });
const slowRule = Rule.parse({ id: 'r', name: 'r', field: 'rtt_median_ms', threshold: 50 });
const read = (rule: Parameters<typeof readingOf>[0], round: Round) => {
  const observation = observe(round);
  return observation === null ? 'nothing' : readingOf(rule, observation).reading;
};
const lossy = (received: number, unknown = 0): Round => {
  const sample = makeSample(Array.from({ length: received }, () => 1));
  return makeRound(1, 0, { outcome: { status: 'sampled', sample: { ...sample, unknown, lost: sample.lost - unknown } } });
};
const slow = (medianMs: number, boundMs: number): Round => {
  const sample = makeSample(Array.from({ length: 10 }, () => medianMs));
  return makeRound(1, 0, { outcome: { status: 'sampled', sample: { ...sample, errorBound: { ...sample.errorBound, boundMs } } } });
};

t.test('evaluate: the threshold itself is not above it', async (t) => {
  t.equal(read(lossRule, lossy(8)), 'clear');
  t.equal(read(lossRule, lossy(7)), 'breached');
});
t.test('evaluate: packets sent while the socket dropped are not in the ratio, and none that counts is no data', async (t) => {
  t.equal(read(lossRule, lossy(4, 6)), 'clear');
  t.equal(read(lossRule, lossy(0, 10)), 'no-data');
});
t.test('evaluate: a breach inside the error bound is no data, never a page', async (t) => {
  t.equal(read(slowRule, slow(80, 40)), 'no-data');
  t.equal(read(slowRule, slow(80, 20)), 'breached');
  t.equal(read(slowRule, slow(40, 40)), 'clear');
  t.equal(read({ ...slowRule, comparison: 'below' }, slow(40, 20)), 'no-data');
  t.equal(read({ ...slowRule, comparison: 'below' }, slow(40, 5)), 'breached');
});
t.test('evaluate: a variation is a difference of two delays, and so twice the bound', async (t) => {
  const rule = Rule.parse({ id: 'r', name: 'r', field: 'pdv_p95_ms', threshold: 1 }); // the sample's is 2.201
  t.equal(read(rule, slow(10, 0.7)), 'no-data');
  t.equal(read(rule, slow(10, 0.5)), 'breached');
});
t.test('evaluate: when nothing came back there is loss, and no delay', async (t) => {
  t.equal(read(lossRule, lossy(0)), 'breached');
  t.equal(read(slowRule, lossy(0)), 'no-data');
});
t.test('evaluate: only target and path are blamed for a round that failed', async (t) => {
  const failed = (blame: 'target' | 'resolver' | 'path' | 'agent') =>
    makeRound(1, 0, { outcome: { status: 'failed', blame, reason: 'test' } });
  for (const blame of ['target', 'path'] as const) {
    t.equal(read(lossRule, failed(blame)), 'breached');
    t.equal(read(slowRule, failed(blame)), 'no-data');
  }
  for (const blame of ['resolver', 'agent'] as const) t.equal(read(lossRule, failed(blame)), 'nothing');
});
t.test('observation: one reply is an answer, none is not', async (t) => {
  t.equal(isAnswered(lossy(1)), true);
  t.equal(isAnswered(lossy(0)), false);
  t.equal(targetOf('gw.example/icmp'), 'gw.example');
});
