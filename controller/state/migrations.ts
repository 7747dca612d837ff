import { type Db, transaction } from '../../protocol/database.ts';

const countChange = (name: string, event: string, when = ''): string =>
  `CREATE TRIGGER definition_changes_${name} AFTER ${event} ${when} BEGIN UPDATE definition_changes SET count = count + 1; END;`;

// One text a version, in order; never edit one that was released. `PRAGMA user_version` says how many a file has had.
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE agents (
    id TEXT PRIMARY KEY, hostname TEXT NOT NULL, labels TEXT NOT NULL, state TEXT NOT NULL, key_hash TEXT NOT NULL, sealing_key TEXT NOT NULL,
    enrolled_at INTEGER NOT NULL, status TEXT, online INTEGER NOT NULL, seen_at INTEGER, config_report TEXT) STRICT;
  CREATE TABLE tokens (
    id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL, labels TEXT NOT NULL, uses INTEGER NOT NULL, uses_left INTEGER NOT NULL, created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, created_by TEXT NOT NULL, revoked_at INTEGER) STRICT;
  CREATE TABLE enrolments (
    token_id TEXT NOT NULL, key_hash TEXT NOT NULL, agent_id TEXT NOT NULL, certificate TEXT NOT NULL, PRIMARY KEY (token_id, key_hash)) STRICT;
  CREATE TABLE certificates (serial TEXT PRIMARY KEY, agent_id TEXT NOT NULL, expires_at INTEGER NOT NULL, revoked_at INTEGER) STRICT;
  CREATE INDEX certificates_by_agent ON certificates (agent_id);
  CREATE TABLE presence (agent_id TEXT NOT NULL, from_at INTEGER NOT NULL, state TEXT NOT NULL, PRIMARY KEY (agent_id, from_at)) STRICT;
  CREATE TABLE agent_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, agent_id TEXT NOT NULL, at INTEGER NOT NULL, level TEXT NOT NULL, event TEXT NOT NULL, message TEXT NOT NULL) STRICT;
  CREATE INDEX agent_events_by_agent ON agent_events (agent_id, at);
  CREATE TABLE targets (id TEXT PRIMARY KEY, document TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;
  CREATE TABLE answers (target_id TEXT PRIMARY KEY, first_at INTEGER NOT NULL) STRICT;
  CREATE TABLE revisions (revision INTEGER PRIMARY KEY, at INTEGER NOT NULL, author TEXT NOT NULL, reason TEXT NOT NULL, targets TEXT NOT NULL) STRICT;
  CREATE TABLE pushes (
    agent_id TEXT PRIMARY KEY, generation INTEGER NOT NULL, revision INTEGER NOT NULL, tasks_hash TEXT NOT NULL, message TEXT NOT NULL) STRICT;
  CREATE TABLE rules (id TEXT PRIMARY KEY, document TEXT NOT NULL, enabled INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;
  CREATE TABLE notifiers (id TEXT PRIMARY KEY, document TEXT NOT NULL, updated_at INTEGER NOT NULL) STRICT;
  CREATE TABLE alert_states (rule_id TEXT NOT NULL, series TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (rule_id, series)) STRICT;
  CREATE TABLE watermarks (agent_id TEXT PRIMARY KEY, up_to INTEGER NOT NULL, waiting TEXT NOT NULL) STRICT;
  CREATE TABLE cursors (consumer TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT;
  CREATE TABLE incidents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, rule_id TEXT NOT NULL, cause TEXT NOT NULL, title TEXT NOT NULL, severity TEXT NOT NULL, state TEXT NOT NULL,
    opened_at INTEGER NOT NULL, resolved_at INTEGER, acknowledged_at INTEGER, acknowledged_by TEXT, members TEXT NOT NULL) STRICT;
  CREATE UNIQUE INDEX one_open_incident_a_cause ON incidents (rule_id, cause) WHERE state = 'firing';
  CREATE TABLE incident_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, incident_id INTEGER NOT NULL REFERENCES incidents (id), at INTEGER NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
  CREATE INDEX incident_events_by_incident ON incident_events (incident_id, at);
  CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, idempotency_key TEXT NOT NULL UNIQUE, notifier_id TEXT NOT NULL, incident_id INTEGER NOT NULL, body TEXT NOT NULL,
    created_at INTEGER NOT NULL, next_try_at INTEGER NOT NULL, attempts INTEGER NOT NULL, state TEXT NOT NULL, last_error TEXT, delivered_at INTEGER) STRICT;
  CREATE INDEX outbox_waiting ON outbox (next_try_at) WHERE state = 'waiting';
  CREATE TABLE users (
    id TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL, password_hash TEXT NOT NULL, role TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
  CREATE TABLE sessions (token_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id), created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT;
  CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
  `,
  `
  CREATE TABLE set_aside (
    id INTEGER PRIMARY KEY AUTOINCREMENT, refused_at INTEGER NOT NULL, measurement TEXT NOT NULL, tags TEXT NOT NULL, at INTEGER NOT NULL,
    fields TEXT NOT NULL, reason TEXT NOT NULL, UNIQUE (measurement, tags, at, fields)) STRICT;
  `,
  // Rules share incidents: one that is open a cause, whatever rule found it. What the alerts look at is counted, so that asking for news is cheap.
  `
  UPDATE incidents SET state = 'resolved', resolved_at = opened_at
    WHERE state = 'firing' AND id NOT IN (SELECT min(id) FROM incidents WHERE state = 'firing' GROUP BY cause);
  DROP INDEX one_open_incident_a_cause;
  CREATE UNIQUE INDEX one_open_incident_a_cause ON incidents (cause) WHERE state = 'firing';
  ALTER TABLE incidents ADD COLUMN member_count INTEGER;
  CREATE TABLE alert_memory (agent_id TEXT PRIMARY KEY, heard TEXT NOT NULL, samples TEXT NOT NULL) STRICT;
  CREATE TABLE definition_changes (count INTEGER NOT NULL) STRICT;
  INSERT INTO definition_changes VALUES (1);
  ${['rules', 'targets', 'notifiers']
    .flatMap((table) => ['INSERT', 'UPDATE', 'DELETE'].map((verb) => countChange(`${table}_${verb.toLowerCase()}`, `${verb} ON ${table}`)))
    .join('\n')}
  ${countChange('agents_insert', 'INSERT ON agents')}
  ${countChange('agents_update', 'UPDATE OF labels, state ON agents')}
  ${countChange('agents_delete', 'DELETE ON agents')}
  ${countChange('settings_insert', 'INSERT ON settings', "WHEN new.key = 'alerts.dependencies'")}
  ${countChange('settings_update', 'UPDATE ON settings', "WHEN new.key = 'alerts.dependencies'")}
  `,
  `
  CREATE TABLE devices (
    id TEXT PRIMARY KEY, document TEXT NOT NULL, secrets TEXT NOT NULL, sealed TEXT NOT NULL, sealed_for TEXT NOT NULL, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL) STRICT;
  CREATE TABLE device_polls (device_id TEXT PRIMARY KEY, at INTEGER NOT NULL, document TEXT NOT NULL) STRICT;
  CREATE TABLE ports (
    device_id TEXT NOT NULL, port_id TEXT NOT NULL, document TEXT NOT NULL, first_at INTEGER NOT NULL, at INTEGER NOT NULL, gone_at INTEGER,
    PRIMARY KEY (device_id, port_id)) STRICT;
  CREATE TABLE device_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, device_id TEXT NOT NULL, port_id TEXT, at INTEGER NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL) STRICT;
  CREATE INDEX device_events_by_device ON device_events (device_id, at);
  CREATE TABLE mibs (name TEXT PRIMARY KEY, text TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL) STRICT;
  `,
  `
  CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, scope TEXT NOT NULL, token_hash TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL, created_by TEXT NOT NULL,
    expires_at INTEGER, used_at INTEGER, revoked_at INTEGER) STRICT;
  `,
  // Secrets of notifiers lie encrypted beside them; each attempt to tell is written down; silences and maintenance mute.
  `
  ALTER TABLE notifiers ADD COLUMN secrets TEXT NOT NULL DEFAULT '';
  ALTER TABLE outbox ADD COLUMN news TEXT NOT NULL DEFAULT '';
  UPDATE outbox SET news = coalesce(json_extract(body, '$.status'), 'firing');
  CREATE INDEX outbox_by_incident ON outbox (incident_id);
  CREATE INDEX outbox_by_notifier ON outbox (notifier_id, id);
  CREATE TABLE outbox_attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, outbox_id INTEGER NOT NULL, at INTEGER NOT NULL, ms INTEGER NOT NULL, result TEXT NOT NULL, said TEXT NOT NULL) STRICT;
  CREATE INDEX outbox_attempts_by_row ON outbox_attempts (outbox_id, id);
  CREATE TABLE silences (
    id INTEGER PRIMARY KEY AUTOINCREMENT, match TEXT NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, comment TEXT NOT NULL,
    created_by TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
  CREATE TABLE maintenance (id TEXT PRIMARY KEY, document TEXT NOT NULL, updated_at INTEGER NOT NULL) STRICT;
  `,
  `
  CREATE TABLE verdicts (incident_id INTEGER PRIMARY KEY REFERENCES incidents (id) ON DELETE CASCADE, at INTEGER NOT NULL, document TEXT NOT NULL) STRICT;
  `,
  `
  CREATE TABLE origin_series (origin TEXT NOT NULL, series TEXT NOT NULL, PRIMARY KEY (origin, series)) STRICT, WITHOUT ROWID;
  `,
  'CREATE TABLE machines (agent_id TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;',
  `
  CREATE TABLE watchdogs (
    agent_id TEXT PRIMARY KEY, silent_after_ms INTEGER NOT NULL, repeat_ms INTEGER NOT NULL, pages TEXT NOT NULL, sealed TEXT NOT NULL, sealed_for TEXT NOT NULL) STRICT;
  `,
  // Rules select ports by the labels of their devices.
  ['INSERT ON devices', 'UPDATE OF document ON devices', 'DELETE ON devices']
    .map((event) => countChange(`devices_${event.slice(0, 6).toLowerCase()}`, event))
    .join('\n'),
  `
  CREATE TABLE rollup_parts (
    id INTEGER PRIMARY KEY, place TEXT NOT NULL, measurement TEXT NOT NULL, tag TEXT NOT NULL, value TEXT NOT NULL, from_hour INTEGER NOT NULL,
    UNIQUE (place, measurement, tag, value)) STRICT;
  CREATE TABLE rollup_hours (
    part_id INTEGER NOT NULL REFERENCES rollup_parts (id), hour INTEGER NOT NULL, PRIMARY KEY (part_id, hour)) STRICT, WITHOUT ROWID;
  `,
];

/** Brings the file to the newest layout, each step in one transaction. Throws when the file is newer than this program. */
export const migrate = (db: Db): void => {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > MIGRATIONS.length)
    throw new Error(
      `the control database has layout ${version}, this program knows ${MIGRATIONS.length}: start the newer program, or restore a backup`,
    );
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < version) continue;
    transaction(db, () => {
      db.exec(sql);
      db.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
};
