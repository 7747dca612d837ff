import t from 'tap';
import { makeCompilersWhenBusy } from '../../../agent/compilers.ts';

t.test(
  'a process that computes for several looks in a row gets the compilers, once; one that starts or works now and then does not',
  async (t) => {
    let nowMs = 0;
    let usedMs = 0;
    let switchedOn = 0;
    const look = makeCompilersWhenBusy(
      () => nowMs,
      () => usedMs,
      () => (switchedOn += 1),
    );
    const second = (computedMs: number): void => {
      nowMs += 1_000;
      usedMs += computedMs;
      look();
      look(); // too soon: looks at nothing
    };

    for (const ms of [900, 900, 500, 20, 20, 300, 20, 20, 20]) second(ms);
    t.equal(switchedOn, 0);
    for (let i = 0; i < 4; i += 1) second(200);
    t.equal(switchedOn, 0);
    for (let i = 0; i < 10; i += 1) second(200);
    t.equal(switchedOn, 1);
  },
);
