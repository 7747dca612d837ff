import t from 'tap';
import { causeOf, type Evidence, type View } from '../../../../controller/alerts/grouping.ts';

const peers = (...views: View[]): Evidence['peers'] => views.map((view) => ({ view, others: [] }));
const evidence = (change: Partial<Evidence>): Evidence => ({ others: [], peers: [], agentIsSuspected: false, ...change });
const why = (given: Partial<Evidence>, mayWait = true) => causeOf(evidence(given), mayWait);

t.test('grouping: what half of the others see is the target', async (t) => {
  t.strictSame(why({ others: ['bad', 'fine'], peers: peers('bad', 'bad') }), { cause: 'target', why: 'seen-by-others' });
  t.strictSame(why({ others: ['bad-before'] }), { cause: 'target', why: 'seen-by-others' });
});
t.test('grouping: all that an agent measures, and nobody else, is the agent', async (t) => {
  t.strictSame(why({ others: ['fine', 'fine', 'bad'], peers: peers('bad', 'bad') }), { cause: 'agent', why: 'all-its-targets' });
});
t.test('grouping: one target among fine ones is the target, without waiting', async (t) => {
  t.strictSame(why({ others: ['unknown'], peers: peers('fine', 'unknown') }), { cause: 'target', why: 'agent-sees-others-fine' });
});
t.test('grouping: an agent with one target has nothing to compare', async (t) => {
  t.strictSame(why({ others: ['fine'] }), { cause: 'target', why: 'nothing-to-compare' });
});
t.test('grouping: while it could still be either, it waits; when it must not, it takes what is there', async (t) => {
  const open = { others: ['fine'] as const, peers: peers('bad', 'unknown') };
  t.equal(why(open).cause, null);
  t.equal(why(open, false).cause, 'agent');
  t.equal(why({ others: ['fine'], peers: peers('unknown') }, false).cause, 'target');
  t.equal(why({ others: ['unknown'], peers: peers('bad') }).cause, null);
});
t.test('grouping: targets that were bad before, or that others see bad too, do not speak against the agent', async (t) => {
  t.equal(why({ others: ['fine'], peers: [...peers('bad-before'), { view: 'bad', others: ['bad'] }] }).cause, 'target');
});
t.test('grouping: what fires later belongs to the agent that is already suspected, unless it sees others fine', async (t) => {
  t.strictSame(why({ others: ['fine'], peers: peers('bad-before'), agentIsSuspected: true }), { cause: 'agent', why: 'incident-is-open' });
  t.equal(why({ others: ['fine'], peers: peers('bad-before', 'fine'), agentIsSuspected: true }).cause, 'target');
});
