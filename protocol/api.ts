import * as z from 'zod';
import { AgentId, TargetId } from './ids.ts';
import { Labels } from './labels.ts';
import { OnlineStatus } from './status.ts';
import { IncidentView } from './incident.ts';
import { Rule } from './rule.ts';
import { Target } from './target.ts';

// The REST contract of /api/v1, shared by the API, the web admin and the command line. Times are ms since the epoch.
// Lists come inside an object under their own name, so that something may stand beside them later: GET /agents → { agents: [...] }.

const at = z.number();

/** Every error: problem+json (RFC 9457); `errors` names fields. */
export const Problem = z.object({
  type: z.string().default('about:blank'),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof Problem>;

/** GET /setup: open without a session. `needed` is false once an admin exists. */
export const SetupState = z.object({
  needed: z.boolean(),
  hostname: z.string(),
  listening: z.string(),
  /** Only with a good `?token=`: when it ends, and what this host could measure. */
  tokenExpiresAt: at.nullable(),
  found: z.array(z.object({ address: z.string(), kind: z.enum(['gateway', 'resolver']), source: z.string(), ownNetwork: z.boolean() })),
  packetsBeyondLoopback: z.int(),
  /** Only with a good `?token=`: what loopback measured in the last minutes, so that the first page is alive before anyone signs in. */
  get loopback() {
    return z.array(z.object({ task: z.string(), intervalMs: z.int(), columns: z.array(SmokeColumn) })).optional();
  },
});
export type SetupState = z.infer<typeof SetupState>;
/** POST /setup: makes the one admin, adds the ticked targets, signs in. */
export const SetupRequest = z.strictObject({
  token: z.string(),
  name: z.string().trim().min(1).max(120),
  login: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,31}$/, 'login: lower-case letters, digits, dots, dashes, at most 32'),
  password: z.string().min(10, 'password: at least 10 characters').max(200),
  addresses: z.array(z.string()).max(32),
});
export type SetupRequest = z.infer<typeof SetupRequest>;

export const User = z.object({ login: z.string(), name: z.string(), role: z.enum(['viewer', 'operator', 'admin']) });
export type User = z.infer<typeof User>;
/** POST /session signs in, GET tells who, DELETE signs out. */
export const SignIn = z.strictObject({ login: z.string().max(64), password: z.string().max(200) });
export const Session = z.object({ user: User, site: z.string(), version: z.string() });
export type Session = z.infer<typeof Session>;

export const AgentState = z.enum(['online', 'degraded', 'off', 'revoked', 'waiting']);
export const AgentView = z.object({
  id: AgentId,
  hostname: z.string(),
  labels: Labels,
  state: AgentState,
  /** Why it is degraded or off, in words; absent when online. */
  reason: z.string().optional(),
  since: at.nullable(),
  seenAt: at.nullable(),
  enrolledAt: at,
  status: OnlineStatus.nullable(),
  latestRevision: z.int().nullable(),
  appliedRevision: z.int().nullable(),
  rejected: z.object({ reason: z.string(), details: z.array(z.string()) }).nullable(),
  tasks: z.int(),
  packetsPerSecond: z.number(),
});
export type AgentView = z.infer<typeof AgentView>;
/** GET /agents, GET /agents/:id. */
export const AgentList = z.object({ agents: z.array(AgentView) });
/** PATCH /agents/:id → Saved. POST /agents/:id/revoke (empty body) → Saved. */
export const AgentEdit = z.strictObject({ labels: Labels });
/** GET /agents/:id/events?limit (newest first). */
export const AgentEventView = z.object({ at, level: z.string(), event: z.string(), message: z.string() });
export const AgentEventList = z.object({ events: z.array(AgentEventView) });
/** GET /agents/:id/presence?from&to: spans in the order of time, the last one open (`to: null`) when it lasts. */
export const PresenceSpan = z.object({ from: at, to: at.nullable(), state: z.enum(['online', 'off']) });
export const PresenceList = z.object({ spans: z.array(PresenceSpan) });

/** ok: as it should be. grey: never answered any agent. no-reply: 100 % loss. no-data: agent on, nothing came. off: agent not connected. */
export const PairState = z.enum(['ok', 'lossy', 'no-reply', 'no-data', 'off', 'grey', 'waiting', 'failed', 'firing']);
export const PairView = z.object({
  agent: AgentId,
  target: TargetId,
  targetName: z.string(),
  address: z.string(),
  probe: z.string(),
  task: z.string(),
  state: PairState,
  reason: z.string().optional(),
  at: at.nullable(),
  intervalMs: z.int(),
  medianMs: z.number().nullable(),
  p95Ms: z.number().nullable(),
  lossRatio: z.number().nullable(),
  ipdvMeanAbsMs: z.number().nullable(),
  pdvP95Ms: z.number().nullable(),
  jitterRfc3550Ms: z.number().nullable(),
  errorBoundMs: z.number().nullable(),
});
export type PairView = z.infer<typeof PairView>;
/** GET /pairs?agent&target (both optional); GET /pairs/:agent/:target/:probe is one PairView. */
export const PairList = z.object({ pairs: z.array(PairView) });

/** One column of the smoke chart: a round, or a bucket of rounds merged from their sketches. Absent fields do not exist: null means measured, none came. */
export const SmokeColumn = z.object({
  at,
  endAt: at,
  rounds: z.int(),
  sent: z.int(),
  received: z.int(),
  lost: z.int(),
  unknown: z.int(),
  late: z.int(),
  duplicates: z.int(),
  reordered: z.int(),
  /** lost / (sent − unknown); null when nothing can be said. */
  lossRatio: z.number().nullable(),
  /** The worst single round inside, so that it is not averaged away. */
  worstLossRatio: z.number().nullable(),
  failed: z.int(),
  reason: z.string().optional(),
  rtt: z
    .object({
      minMs: z.number(),
      p5Ms: z.number(),
      p10Ms: z.number(),
      p25Ms: z.number(),
      medianMs: z.number(),
      p75Ms: z.number(),
      p90Ms: z.number(),
      p95Ms: z.number(),
      maxMs: z.number(),
    })
    .nullable(),
  ipdvMeanAbsMs: z.number().nullable(),
  pdvP95Ms: z.number().nullable(),
  jitterRfc3550Ms: z.number().nullable(),
  errorBoundMs: z.number().nullable(),
});
export type SmokeColumn = z.infer<typeof SmokeColumn>;

/** GET /pairs/:agent/:target/:probe/history?from&to&columns (columns: at most this many, 1 to 2000; the last hour unless said; format=csv
 * gives the columns as text/csv). What lies in no column is no data, or off. */
export const PairHistory = z.object({
  agent: AgentId,
  target: TargetId,
  task: z.string(),
  intervalMs: z.int(),
  from: at,
  to: at,
  /** 0: every column is one round. */
  bucketMs: z.int(),
  /** When the pair's first round began: before it nothing was to be measured, so nothing is missing. Null: no round yet. */
  measuredSince: at.nullable().optional(),
  columns: z.array(SmokeColumn),
  off: z.array(z.object({ from: at, to: at })),
  annotations: z.array(
    z.object({ kind: z.enum(['incident', 'change']), from: at, to: at.nullable(), title: z.string(), incident: z.int().optional() }),
  ),
});
export type PairHistory = z.infer<typeof PairHistory>;

/** GET /targets, /targets/:id; POST /targets (201), PUT and DELETE /targets/:id → Saved. */
export const TargetView = Target.extend({
  /** false: never answered any agent, so it is grey and pages nobody. */
  answered: z.boolean(),
  agentCount: z.int(),
  updatedAt: at,
});
export type TargetView = z.infer<typeof TargetView>;
export const TargetList = z.object({ targets: z.array(TargetView) });
/** POST /targets/dry-run with a Target: what saving it would do; sends nothing. */
export const DryRun = z.object({
  ok: z.boolean(),
  agents: z.array(z.object({ id: AgentId, online: z.boolean(), packetsPerSecondNow: z.number(), packetsPerSecondAdded: z.number() })),
  tasks: z.int(),
  packetsPerSecondPerAgent: z.number(),
  packetsPerSecondAtTarget: z.number(),
  packetsPerSecondAtTargetLimit: z.number(),
  newSeries: z.int(),
  bytesPerDay: z.number(),
  problems: z.array(z.object({ path: z.string(), message: z.string() })),
});
export type DryRun = z.infer<typeof DryRun>;
/** The answer to every change of targets. */
export const Saved = z.object({ revision: z.int(), agents: z.array(AgentId) });

/** GET /rules, /rules/:id; POST (201), PUT → the rule; DELETE → 204. Notifiers, routes, silences and maintenance: notify-api.ts. */
export const RuleList = z.object({ rules: z.array(Rule) });

export { HintList, IncidentDetail, IncidentList, IncidentView } from './incident.ts';

export const TokenRequest = z.strictObject({
  uses: z.int().min(1).max(10_000).default(1),
  expiresInMs: z
    .int()
    .min(60_000)
    .max(30 * 86_400_000)
    .default(1_800_000),
  labels: Labels.default({}),
});
/** The token itself is shown once, in the answer to POST /tokens. */
export const TokenView = z.object({
  id: z.string(),
  labels: Labels,
  uses: z.int(),
  usesLeft: z.int(),
  createdAt: at,
  createdBy: z.string(),
  expiresAt: at,
  revokedAt: at.nullable(),
  agents: z.array(AgentId),
});
/** GET /tokens; POST /tokens (201) → TokenCreated; DELETE /tokens/:id revokes it, 204. */
export const TokenList = z.object({ tokens: z.array(TokenView) });
export const TokenCreated = TokenView.extend({ token: z.string(), command: z.string() });

/** GET /overview: the numbers on the first page. */
export const Overview = z.object({
  site: z.string(),
  now: at,
  agents: z.object({ online: z.int(), degraded: z.int(), off: z.int(), total: z.int() }),
  targets: z.object({ total: z.int(), ok: z.int(), grey: z.int() }),
  roundsStored: z.int(),
  roundsPerSecond: z.number(),
  spoolBacklog: z.int(),
  lagMs: z.number().nullable(),
  openIncidents: z.int(),
  dataDirectory: z.string(),
  dataBytes: z.int(),
});
export type Overview = z.infer<typeof Overview>;

/** GET /audit?limit (admin): who changed what, newest first. */
export const AuditList = z.object({ entries: z.array(z.object({ at, actor: z.string(), action: z.string(), detail: z.string() })) });

/** The WebSocket /api/v1/live: the client names the topics it wants; each event carries its topic and a sequence that rises by one a connection.
 * A gap in the sequence means that something was left out for a slow tab: fetch anew what is shown. `hello` is the first, before any request. */
export const LiveTopic = z.string().regex(/^(overview|agents|pairs|incidents|targets|pair:[a-z0-9.-]+:[a-z0-9.-]+\/[a-z]+)$/);
export const LiveRequest = z.strictObject({ subscribe: z.array(LiveTopic).max(200) });
export const LiveEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), seq: z.int(), now: at }),
  z.object({ type: z.literal('overview'), seq: z.int(), overview: Overview }),
  /** Something in the list changed: these rows are new or different. */
  z.object({ type: z.literal('agents'), seq: z.int(), agents: z.array(AgentView) }),
  z.object({ type: z.literal('pairs'), seq: z.int(), pairs: z.array(PairView) }),
  z.object({ type: z.literal('incidents'), seq: z.int(), incidents: z.array(IncidentView) }),
  z.object({ type: z.literal('targets'), seq: z.int() }),
  /** New rounds of one pair as columns (bucketMs 0); topic pair:<agent>:<task>. */
  z.object({ type: z.literal('rounds'), seq: z.int(), agent: AgentId, task: z.string(), columns: z.array(SmokeColumn) }),
]);
export type LiveEvent = z.infer<typeof LiveEvent>;
