import type { Generated } from 'kysely';

// The control database: one interface a table, one comment where the name does not say it. Times are ms since the epoch; JSON columns are text.

export interface Tables {
  settings: { key: string; value: string };
  agents: AgentsTable;
  tokens: TokensTable;
  enrolments: EnrolmentsTable;
  certificates: { serial: string; agent_id: string; expires_at: number; revoked_at: number | null };
  presence: { agent_id: string; from_at: number; state: 'online' | 'off' };
  agent_events: { id: Generated<number>; agent_id: string; at: number; level: string; event: string; message: string };
  targets: { id: string; document: string; created_at: number; updated_at: number };
  /** The first answered round of a target by any agent; a target without a row is grey. */
  answers: { target_id: string; first_at: number };
  revisions: { revision: number; at: number; author: string; reason: string; targets: string };
  pushes: PushesTable;
  rules: { id: string; document: string; enabled: number; updated_at: number };
  /** The document holds no secret; those lie in `secrets`, encrypted with the key of this host (controller/pki/vault.ts), '' when there are none. */
  notifiers: { id: string; document: string; secrets: Generated<string>; updated_at: number };
  alert_states: { rule_id: string; series: string; state: string };
  /** Per agent: up to where its fresh rounds are complete and judged, and what still waits for the watermark. */
  watermarks: { agent_id: string; up_to: number; waiting: string };
  /** Per agent, JSON: when each series was last heard of, and what rules over several rounds remember. */
  alert_memory: { agent_id: string; heard: string; samples: string };
  /** One row, counted up by triggers whenever something that rules look at is changed. */
  definition_changes: { count: number };
  cursors: { consumer: string; position: number };
  incidents: IncidentsTable;
  /** What is known of an incident's cause, as judged last (protocol/verdict.ts). */
  verdicts: { incident_id: number; at: number; document: string };
  incident_events: { id: Generated<number>; incident_id: number; at: number; kind: string; detail: string };
  outbox: OutboxTable;
  /** Each attempt to deliver a row of the outbox; `said`: the receiver's answer, or why there was none. */
  outbox_attempts: {
    id: Generated<number>;
    outbox_id: number;
    at: number;
    ms: number;
    result: 'delivered' | 'later' | 'refused';
    said: string;
  };
  silences: {
    id: Generated<number>;
    match: string;
    starts_at: number;
    ends_at: number;
    comment: string;
    created_by: string;
    created_at: number;
  };
  /** What an agent says when we are gone: `pages` encrypted for this host, `sealed` for the agent. */
  watchdogs: { agent_id: string; silent_after_ms: number; repeat_ms: number; pages: string; sealed: string; sealed_for: string };
  maintenance: { id: string; document: string; updated_at: number };
  users: { id: string; login: string; name: string; password_hash: string; role: 'viewer' | 'operator' | 'admin'; created_at: number };
  sessions: { token_hash: string; user_id: string; created_at: number; expires_at: number };
  /** Points that the store refused for good; the newest of them. */
  set_aside: SetAsideTable;
  devices: DevicesTable;
  /** The newest poll of each device, as JSON. */
  device_polls: { device_id: string; at: number; document: string };
  /** Every port that a device ever had; `gone_at` when it is not there any more. */
  ports: { device_id: string; port_id: string; document: string; first_at: number; at: number; gone_at: number | null };
  device_events: { id: Generated<number>; device_id: string; port_id: string | null; at: number; kind: string; title: string };
  mibs: { name: string; text: string; at: number; by: string };
  api_tokens: ApiTokensTable;
  /** Whose series InfluxDB has roll-ups of, and from which hour on; hours that wait for theirs (controller/series/influx/rollups). */
  rollup_parts: { id: Generated<number>; place: string; measurement: string; tag: 'agent' | 'origin'; value: string; from_hour: number };
  rollup_hours: { part_id: number; hour: number };
  /** Which series each other writer has, by their hash. */
  origin_series: { origin: string; series: string };
  /** What a restart of the controller must not forget of an agent's own machine, as JSON. */
  machines: { agent_id: string; document: string };
  audit: { id: Generated<number>; at: number; actor: string; action: string; detail: string };
}

export interface AgentsTable {
  id: string;
  hostname: string;
  labels: string;
  state: 'active' | 'revoked';
  /** SHA-256 hex of the certificate key's SubjectPublicKeyInfo. */
  key_hash: string;
  sealing_key: string;
  enrolled_at: number;
  /** The last online status as sent, or null before the first. */
  status: string | null;
  online: number;
  /** When the agent was last heard of, in the controller's time. */
  seen_at: number | null;
  /** The last config report as sent. */
  config_report: string | null;
}

export interface DevicesTable {
  id: string;
  document: string;
  /** Encrypted with the key of this host (controller/pki/vault.ts); '' when there are none. */
  secrets: string;
  /** The same sealed to the agent that polls, and for which agent and key that was. */
  sealed: string;
  sealed_for: string;
  created_at: number;
  updated_at: number;
}

export interface TokensTable {
  id: string;
  secret_hash: string;
  labels: string;
  uses: number;
  uses_left: number;
  created_at: number;
  expires_at: number;
  created_by: string;
  revoked_at: number | null;
}

/** Tokens for programs. */
export interface ApiTokensTable {
  id: string;
  name: string;
  scope: 'read' | 'write';
  /** SHA-256 hex of the whole token. */
  token_hash: string;
  created_at: number;
  created_by: string;
  expires_at: number | null;
  used_at: number | null;
  revoked_at: number | null;
}

/** What a token has given to which key, so that the same token with the same key gets the same certificate again. */
export interface EnrolmentsTable {
  token_id: string;
  key_hash: string;
  agent_id: string;
  certificate: string;
}

/** What is the latest for each agent, as signed. */
export interface PushesTable {
  agent_id: string;
  generation: number;
  revision: number;
  tasks_hash: string;
  message: string;
}

export interface IncidentsTable {
  id: Generated<number>;
  rule_id: string;
  /** What makes two alerts one incident, whatever rules they are of: `target:<id>`, `agent:<id>`, `agent:<id>/<series>`, `group:<label>=<value>`. */
  cause: string;
  title: string;
  severity: 'info' | 'warning' | 'critical';
  state: 'firing' | 'resolved';
  /** Event times. */
  opened_at: number;
  resolved_at: number | null;
  acknowledged_at: number | null;
  acknowledged_by: string | null;
  /** JSON: the series that fire now, with their last values; of many the first. */
  members: string;
  /** How many there are; null in what was written before they were counted. */
  member_count: number | null;
}

export interface OutboxTable {
  id: Generated<number>;
  idempotency_key: string;
  notifier_id: string;
  incident_id: number;
  news: Generated<string>;
  body: string;
  created_at: number;
  next_try_at: number;
  attempts: number;
  state: 'waiting' | 'delivered' | 'failed';
  last_error: string | null;
  delivered_at: number | null;
}

export interface SetAsideTable {
  id: Generated<number>;
  refused_at: number;
  measurement: string;
  tags: string;
  at: number;
  fields: string;
  reason: string;
}
