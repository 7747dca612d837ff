import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';

const KILLS = 12;

t.test('kill -9 at any moment: what was committed is in the spool, whole and once', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'sonde-spool-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'agent.db');
  const committed = new Map<string, number>();
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'spool-writer.ts'), path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    let commits = 0;
    const enough = 1 + Math.floor(Math.random() * 40);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      commits += text.split('\n').length - 1;
      if (commits >= enough) child.kill('SIGKILL');
    });
    await once(child, 'close');
    t.equal(child.signalCode, 'SIGKILL');
    for (const line of said.split('\n').slice(0, -1)) {
      const [epoch = '', seq = ''] = line.split(' ');
      committed.set(epoch, Number(seq));
    }
  }

  const db = new DatabaseSync(path);
  t.same(db.prepare('PRAGMA integrity_check').get(), { integrity_check: 'ok' });
  let rounds = 0;
  for (const [epoch, seq] of committed) {
    const row = db
      .prepare('SELECT count(*) AS rounds, count(DISTINCT seq) AS once, max(seq) AS high FROM round WHERE epoch = ?')
      .get(epoch);
    t.equal(row?.['rounds'], row?.['high'], 'no gap');
    t.equal(row?.['once'], row?.['rounds'], 'no double');
    t.ok(Number(row?.['high']) >= seq, 'nothing that was committed is missing');
    rounds += Number(row?.['rounds']);
  }
  t.equal(committed.size, KILLS);
  t.comment(`${KILLS} kills, ${rounds} rounds`);
  db.close();
});
