import type { Db, Statement } from '../../protocol/database.ts';
import type { Memory } from './probe.ts';

/** Texts by task in the agent's database. A disk that takes nothing costs only what a restart would forget. */
export const openMemory = (db: Db): Memory => {
  let statements: { readonly select: Statement; readonly write: Statement } | null = null;
  /** Made with the first task that remembers something: most agents have none. */
  const open = (): { readonly select: Statement; readonly write: Statement } => {
    db.exec('CREATE TABLE IF NOT EXISTS probe_memory (task TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT');
    return {
      select: db.prepare('SELECT text FROM probe_memory WHERE task = ?'),
      write: db.prepare('INSERT INTO probe_memory VALUES (?, ?) ON CONFLICT (task) DO UPDATE SET text = excluded.text'),
    };
  };
  const attempt = <T>(work: (open: { readonly select: Statement; readonly write: Statement }) => T): T | null => {
    try {
      statements ??= open();
      return work(statements);
    } catch {
      return null; // the spool tells of a full disk; ports would be known anew after a restart
    }
  };
  return {
    read: (task) => {
      const text = attempt(({ select }) => select.get(task)?.['text']);
      return typeof text === 'string' ? text : null;
    },
    write: (task, text) => void attempt(({ write }) => write.run(task, text)),
  };
};
