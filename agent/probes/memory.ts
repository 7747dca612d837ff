import type { Db } from '../../protocol/database.ts';
import type { Memory } from './probe.ts';

/** Texts by task in the agent's database. A disk that takes nothing costs only what a restart would forget. */
export const openMemory = (db: Db): Memory => {
  db.exec('CREATE TABLE IF NOT EXISTS probe_memory (task TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT');
  const select = db.prepare('SELECT text FROM probe_memory WHERE task = ?');
  const write = db.prepare('INSERT INTO probe_memory VALUES (?, ?) ON CONFLICT (task) DO UPDATE SET text = excluded.text');
  return {
    read: (task) => {
      const text = select.get(task)?.['text'];
      return typeof text === 'string' ? text : null;
    },
    write: (task, text) => {
      try {
        write.run(task, text);
      } catch {
        // The spool tells of a full disk; ports would be known anew after a restart.
      }
    },
  };
};
