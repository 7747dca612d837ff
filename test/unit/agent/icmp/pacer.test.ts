import * as fc from 'fast-check';
import t from 'tap';
import { makePacer } from '../../../../agent/icmp/pacer.ts';

t.test('an empty pacer is due never', async (t) => {
  t.equal(makePacer<number>().nextDueMs(), Number.POSITIVE_INFINITY);
  t.equal(makePacer<number>().size, 0);
});

t.test('whatever is pushed, replaced and popped, the earliest is always first', async () => {
  const due = fc.integer({ min: 0, max: 1_000 });
  const step = fc.oneof(fc.record({ push: due }), fc.record({ replace: due }), fc.constant('pop' as const));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const pacer = makePacer<number>();
      const model = new Map<number, number>();
      for (const [slot, one] of steps.entries()) {
        if (one === 'pop') {
          model.delete(pacer.next() ?? -1);
          pacer.pop();
        } else if ('push' in one) {
          pacer.push(one.push, slot);
          model.set(slot, one.push);
        } else if (pacer.size > 0) {
          model.set(pacer.next() ?? -1, one.replace);
          pacer.replaceFirst(one.replace);
        }
        const earliest = Math.min(...model.values());
        if (pacer.size !== model.size || pacer.nextDueMs() !== earliest) return false;
        if (model.size > 0 && model.get(pacer.next() ?? -1) !== earliest) return false;
      }
      return true;
    }),
  );
});
