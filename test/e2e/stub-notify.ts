import type { IncidentDetail } from '../../protocol/api.ts';
import type { Delivery, MaintenanceView, MutePreview, NotifierView, SilenceView } from '../../protocol/notify-api.ts';
import type { WatchdogView } from '../../protocol/watchdog.ts';

// Who is told of the made-up fleet's incidents.

const MINUTE = 60_000;
const everything = { rules: [], severities: [], targets: { in: {}, notIn: {} }, agents: { in: {}, notIn: {} } };

export const untold = { deliveries: [], mutedBy: [], next: [], changes: [], ways: [], line: null };

export const told = (now: number): Pick<IncidentDetail, 'deliveries' | 'mutedBy' | 'next' | 'changes' | 'line'> => ({
  deliveries: deliveries(now),
  mutedBy: [],
  next: [{ notifier: 'second-line', at: now + 4 * MINUTE, repeated: false }],
  changes: [
    { at: now - 47 * MINUTE, who: 'ines', what: 'target replace sbc1' },
    { at: now - 44 * MINUTE, who: 'cr1-fra3', what: 'et-0/0/3: 100 Gbit/s to 10 Gbit/s' },
  ],
  line: { name: 'Loss to partners', field: 'loss_ratio', comparison: 'above', threshold: 0.02 },
});

export const deliveries = (now: number): Delivery[] => [
  {
    id: 1,
    incident: 4127,
    notifier: 'noc',
    news: 'firing',
    key: `target:sbc1/${now - 41 * MINUTE}/firing/critical/noc`,
    state: 'delivered',
    attempts: 2,
    createdAt: now - 41 * MINUTE,
    deliveredAt: now - 41 * MINUTE + 5_400,
    nextTryAt: null,
    error: null,
    tries: [
      { at: now - 41 * MINUTE + 200, ms: 181, result: 'later', said: 'the receiver answered 503' },
      { at: now - 41 * MINUTE + 5_400, ms: 92, result: 'delivered', said: '' },
    ],
  },
  {
    id: 2,
    incident: 4127,
    notifier: 'partner',
    news: 'firing',
    key: `target:sbc1/${now - 41 * MINUTE}/firing/critical/partner`,
    state: 'waiting',
    attempts: 3,
    createdAt: now - 41 * MINUTE,
    deliveredAt: null,
    nextTryAt: now + 90_000,
    error: 'no answer: connect ECONNREFUSED 203.0.113.25:587',
    tries: [{ at: now - 41 * MINUTE + 200, ms: 3, result: 'later', said: 'no answer: connect ECONNREFUSED 203.0.113.25:587' }],
  },
];

export const notifiers = (now: number): NotifierView[] => [
  {
    id: 'noc',
    kind: 'webhook',
    url: 'https://hooks.halden.example/noc',
    allowPrivate: false,
    sendResolved: true,
    secrets: ['hmacSecret'],
    health: { state: 'ok', deliveredAt: now - 41 * MINUTE, waiting: 0, error: null },
  },
  {
    id: 'partner',
    kind: 'email',
    host: 'mail.voxbridge.example',
    port: 587,
    security: 'starttls',
    from: 'Sonde <sonde@halden.example>',
    to: ['noc@voxbridge.example'],
    secrets: ['password'],
    health: { state: 'failing', deliveredAt: null, waiting: 1, error: 'no answer: connect ECONNREFUSED 203.0.113.25:587' },
  },
  {
    id: 'second-line',
    kind: 'pagerduty',
    url: 'https://events.pagerduty.com/v2/enqueue',
    secrets: ['routingKey'],
    health: { state: 'unused', deliveredAt: null, waiting: 0, error: null },
  },
];

export const routes = {
  routes: [
    {
      id: 'partners',
      name: 'Partners',
      match: { ...everything, severities: ['critical'], targets: { in: { customer: ['voxbridge', 'kestrel'] }, notIn: {} } },
      steps: [
        { afterMs: 0, notifiers: ['noc', 'partner'] },
        { afterMs: 15 * MINUTE, notifiers: ['second-line'] },
      ],
      repeatMs: 60 * MINUTE,
      goOn: false,
    },
  ],
};

export const silences = (now: number): SilenceView[] => [
  {
    id: 2,
    match: { ...everything, targets: { in: { target: ['dns2'] }, notIn: {} } },
    startsAt: now - 10 * MINUTE,
    endsAt: now + 110 * MINUTE,
    comment: 'moved to another rack, ticket 4711',
    createdBy: 'ines',
    state: 'active',
  },
  {
    id: 1,
    match: { ...everything, agents: { in: { site: ['sin'] }, notIn: {} } },
    startsAt: now - 3_000 * MINUTE,
    endsAt: now - 2_000 * MINUTE,
    comment: 'power work',
    createdBy: 'marek',
    state: 'over',
  },
];

export const maintenance = (now: number): MaintenanceView => ({
  id: 'fra-sunday',
  name: 'Sunday night in Frankfurt',
  enabled: true,
  match: { ...everything, targets: { in: { site: ['fra'] }, notIn: {} } },
  schedule: { kind: 'cron', pattern: '0 2 * * 0', timeZone: 'Europe/Berlin', lengthMinutes: 240 },
  activeUntil: null,
  next: [1, 2, 3].map((week) => ({ from: now + week * 10_080 * MINUTE, to: now + week * 10_080 * MINUTE + 240 * MINUTE })),
});

export const preview: MutePreview = {
  open: [
    { id: 4127, title: 'sbc1.voxbridge.example loses 6.2 % of packets from ber-edge-02' },
    { id: 4121, title: 'dns2.kestrel.example does not answer' },
  ],
  partly: [],
  past: 3,
  pastTotal: 41,
  pairs: 16,
  pairsTotal: 80,
  targets: ['sbc1'],
  agents: ['ber-edge-02', 'waw-edge-01'],
};

export const watchdog = (now: number): WatchdogView => ({
  heartbeat: { host: 'hc.halden.example', everyMs: 60_000, allowPrivate: false, state: 'ok', at: now - 20_000, said: '' },
  agents: ['ber-edge-02', 'waw-edge-01'],
  notifiers: ['second-line'],
  silentAfterMs: 600_000,
  repeatMs: 3_600_000,
});
