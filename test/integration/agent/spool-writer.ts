// Appends rounds until it is killed, and says on its standard output what is committed: `<epoch> <highest sequence>` after each commit.
import { writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { systemHost } from '../../../agent/host.ts';
import { Spool } from '../../../agent/spool/spool.ts';
import { Timekeeper } from '../../../agent/time/timekeeper.ts';
import { silentLog } from '../../../protocol/log.ts';
import { systemRandom } from '../../../protocol/random.ts';
import { systemClock } from '../../../protocol/time.ts';

const [path = ''] = process.argv.slice(2);
const db = new DatabaseSync(path);
db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
const host = systemHost();
const timekeeper = new Timekeeper(db, systemClock, host);
const spool = new Spool({
  db,
  epoch: systemRandom.hex(8),
  capBytes: 1 << 30,
  timekeeper,
  log: silentLog,
  diskFree: () => Number.POSITIVE_INFINITY,
});
for (let seq = 0; ; ) {
  const count = 1 + Math.floor(systemRandom.fraction() * 50);
  for (let i = 0; i < count; i += 1)
    spool.append({
      moment: { boot: host.bootId, steadyMs: timekeeper.steady.now(), slackMs: 0 },
      wallMs: systemClock.now(),
      task: 'gw/icmp',
      intervalMs: 1_000,
      durationMs: 0,
      outcome: { status: 'failed', blame: 'target', reason: 'x'.repeat(60) },
    });
  if (!spool.commit(false)) throw new Error(spool.broken ?? '');
  seq += count;
  writeSync(1, `${spool.epoch} ${seq}\n`);
}
