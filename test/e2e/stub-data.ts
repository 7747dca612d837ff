import type { AgentView, IncidentDetail, Overview, PairHistory, PairView, SmokeColumn, TargetView } from '../../protocol/api.ts';
import type { Hint } from '../../protocol/incident.ts';
import { told, untold } from './stub-notify.ts';

// A made-up fleet for looking at pages: every state, every absence, every class of loss. Not a test of anything by itself.

const interval = 20_000;
/** A number in 0..1 that depends on nothing but its seed: the same picture each time. */
const noise = (seed: number): number => {
  const x = Math.sin(seed * 12.9898) * 43758.5453;
  return x - Math.floor(x);
};

const column = (at: number, medianMs: number, spread: number, lost: number, boundMs: number): SmokeColumn => {
  const sent = 100;
  const [a, b] = [noise(at / 1000), noise(at / 777)];
  const low = medianMs - spread * 0.4 * (0.5 + a);
  const high = medianMs + spread * (0.5 + b * b * 2);
  const mix = (share: number): number => low + (high - low) * share;
  return {
    at,
    endAt: at + interval,
    rounds: 1,
    sent,
    received: sent - lost,
    lost,
    unknown: 0,
    late: 0,
    duplicates: 0,
    reordered: 0,
    lossRatio: lost / sent,
    worstLossRatio: lost / sent,
    failed: 0,
    rtt:
      lost === sent
        ? null
        : {
            minMs: low * 0.99,
            p5Ms: low,
            p10Ms: mix(0.08),
            p25Ms: mix(0.22),
            medianMs,
            p75Ms: mix(0.6),
            p90Ms: mix(0.82),
            p95Ms: high,
            maxMs: high * 1.1,
          },
    ipdvMeanAbsMs: spread / 3,
    pdvP95Ms: high - low,
    jitterRfc3550Ms: spread / 4,
    errorBoundMs: boundMs,
  };
};

/** Four hours with a day's worth of trouble: a noisy hour, off, 100 % loss, no data, own noise, then an incident. */
const troubled = (at: number, now: number): SmokeColumn | null => {
  const minutes = (now - at) / 60_000;
  const base = 11.8 + noise(Math.floor(at / interval)) * 0.3;
  if (minutes < 150 && minutes > 138) return null; // off
  if (minutes < 108 && minutes > 102) return null; // no data
  if (minutes < 125 && minutes > 120) return column(at, base, 1, 100, 0.07);
  if (minutes < 120 && minutes > 115) return column(at, base + 3, 6, Math.round(noise(at) * 20) + 4, 0.07);
  if (minutes < 184 && minutes > 164)
    return column(at, base + Math.sin(((184 - minutes) / 20) * Math.PI) * 2.2, 5, noise(at / 31) > 0.6 ? 1 : 0, 0.07);
  if (minutes < 78 && minutes > 66) return column(at, base + 3, 3, 0, 3.6 + noise(at) * 1.4);
  if (minutes < 43)
    return column(at, 18 + noise(at / 13) * 1.2, 12, Math.round(noise(at / 17) * 7) + 2 + (minutes < 26 && minutes > 20 ? 22 : 0), 0.07);
  return column(at, base, 1, noise(at / 99) > 0.997 ? 1 : 0, 0.07);
};

const calm =
  (medianMs: number, spread: number) =>
  (at: number): SmokeColumn =>
    column(at, medianMs * (1 + noise(at / 50) * 0.03), spread, 0, 0.02);

const shapes: Record<string, (at: number, now: number) => SmokeColumn | null> = {
  'sbc1/icmp': troubled,
  'dns2/icmp': (at, now) => (now - at < 72 * 60_000 ? column(at, 8, 1, 100, 0.05) : column(at, 8, 1, 0, 0.05)),
  'cache7/icmp': (at, now) => column(at, now - at < 15 * 60_000 ? 47.6 : 9.4, 4, 0, 0.05),
  'loopback-v4/icmp': calm(0.041, 0.03),
  'gateway-10.20.0.1/icmp': calm(0.43, 0.2),
};

export const history = (agent: string, task: string, from: number, to: number, columns: number, now: number): PairHistory => {
  const shape = shapes[task] ?? calm(12, 2);
  const all: SmokeColumn[] = [];
  for (let at = Math.ceil(from / interval) * interval; at + interval <= Math.min(to, now); at += interval) {
    const one = shape(at, now);
    if (one) all.push(one);
  }
  const step = Math.max(1, Math.ceil((to - from) / interval / columns));
  const merged =
    step === 1
      ? all
      : [...Map.groupBy(all, (one) => Math.floor(one.at / (interval * step)))].map(([key, group]) =>
          mergeColumns(key * interval * step, interval * step, group),
        );
  return {
    agent,
    target: task.split('/')[0] ?? '',
    task,
    intervalMs: interval,
    from,
    to,
    bucketMs: step === 1 ? 0 : interval * step,
    measuredSince: now - 9 * 86_400_000,
    columns: merged,
    off: task === 'sbc1/icmp' ? [{ from: now - 150 * 60_000, to: now - 138 * 60_000 }] : [],
    annotations:
      task === 'sbc1/icmp'
        ? [
            { kind: 'incident', from: now - 43 * 60_000, to: null, title: 'Incident 4127, sbc1 loses packets', incident: 4127 },
            { kind: 'change', from: now - 138 * 60_000, to: null, title: 'Upgraded to 0.1.0' },
            { kind: 'change', from: now - 90 * 60_000, to: null, title: 'Revision 482' },
          ]
        : [],
  };
};

const mergeColumns = (at: number, length: number, group: readonly SmokeColumn[]): SmokeColumn => {
  const sum = (pick: (one: SmokeColumn) => number): number => group.reduce((total, one) => total + pick(one), 0);
  const middle = group.find((one) => one.rtt) ?? group[0];
  if (!middle) throw new Error('an empty group');
  return {
    ...middle,
    at,
    endAt: at + length,
    rounds: group.length,
    sent: sum((one) => one.sent),
    received: sum((one) => one.received),
    lost: sum((one) => one.lost),
    lossRatio: sum((one) => one.lost) / sum((one) => one.sent),
    worstLossRatio: Math.max(...group.map((one) => one.lossRatio ?? 0)),
  };
};

const names = [
  'ber-edge-02',
  'waw-edge-01',
  'prg-edge-01',
  'gru-pop-01',
  'jnb-edge-01',
  'sin-edge-01',
  'mil-pop-04',
  'par-edge-07',
  'nyc-pop-02',
  'ams-edge-01',
  'ams-edge-02',
  'fra-pop-01',
  'lon-edge-11',
  'mad-pop-02',
  'sto-edge-03',
  'vie-edge-07',
];
const countries = ['de', 'pl', 'cz', 'br', 'za', 'sg', 'it', 'fr', 'us', 'nl', 'nl', 'de', 'gb', 'es', 'se', 'at'];

export const agents = (now: number): AgentView[] =>
  names.map((id, index) => {
    const off = index === 5;
    const degraded = index === 3 || index === 6 || index === 7;
    const reason = ['', '', '', 'own noise 9.4 ms', '', 'line cut', 'clock 9.8 ms off', 'revision rejected'][index];
    const offset = index === 6 ? 9.8 : (noise(index + 1) - 0.5) * 2;
    return {
      id,
      hostname: `${id}.halden.example`,
      labels: { country: countries[index] ?? 'de', tier: id.includes('pop') ? 'pop' : 'edge', site: id.slice(0, 3) },
      state: off ? 'off' : degraded ? 'degraded' : 'online',
      ...(reason ? { reason } : {}),
      since: now - (off ? 72 * 60_000 : 3 * 86_400_000),
      seenAt: now - (off ? 72 * 60_000 : 2000),
      enrolledAt: now - 30 * 86_400_000,
      status: {
        v: 1,
        state: 'online',
        epoch: '0123456789abcdef',
        version: index % 5 === 4 ? '0.0.9' : '0.1.0',
        hostname: id,
        capabilities: ['icmp4', 'icmp6'],
        applied: { generation: 1, revision: 482 },
        mayBeStale: false,
        clock: { offsetMs: offset, boundMs: 0.3 + noise(index) * 0.6, ageS: 12 },
        spool: { rounds: index === 4 ? 2140 : 0, bytes: index === 4 ? 812_000 : 0, capBytes: 256_000_000, dropped: 0 },
        packetsPerSecond: 120 + index,
        health: { icmp: 'ok', icmpRestarts: 0, guardRailHits: 0, roundsSkipped: 0 },
        certificateExpiresAt: now + 5 * 86_400_000,
      },
      latestRevision: 482,
      appliedRevision: index === 7 ? 479 : off ? 481 : 482,
      rejected: index === 7 ? { reason: 'not-signed-by-delegate', details: [] } : null,
      tasks: 12,
      packetsPerSecond: off ? 0 : 90 + Math.round(noise(index) * 200),
    };
  });

export const targets = (now: number): TargetView[] =>
  (
    [
      ['sbc1', 'sbc1.voxbridge.example', { partner: 'voxbridge', country: 'de' }],
      ['dns2', 'dns2.kestrel.example', { partner: 'kestrel' }],
      ['cache7', 'cache7.tessera.example', {}],
      ['gateway-10.20.0.1', '10.20.0.1', { kind: 'gateway' }],
      ['loopback-v4', '127.0.0.1', {}],
    ] as const
  ).map(([id, address, labels]) => ({
    id,
    name: id === 'loopback-v4' ? 'loopback' : address,
    address,
    family: 'any',
    labels: { ...labels },
    agents: { in: { tier: ['edge', 'pop'] }, notIn: {} },
    tasks: [
      { intervalMs: interval, options: { kind: 'icmp', count: 100, spacingMs: 190, timeoutMs: 1000, sizeBytes: 56, dscp: 0, ttl: 64 } },
    ],
    answered: true,
    agentCount: 16,
    updatedAt: now - 86_400_000,
  }));

export const pairs = (now: number): PairView[] =>
  [
    ['ber-edge-02', 'sbc1'],
    ['waw-edge-01', 'dns2'],
    ['mad-pop-02', 'cache7'],
    ['ber-edge-02', 'gateway-10.20.0.1'],
    ['ber-edge-02', 'loopback-v4'],
    ['waw-edge-01', 'sbc1'],
  ].map(([agent = '', target = '']) => {
    const task = `${target}/icmp`;
    const last = history(agent, task, now - 60_000, now, 100, now).columns.at(-1);
    const of = targets(now).find((one) => one.id === target);
    return {
      agent,
      target,
      targetName: of?.name ?? target,
      address: of?.address ?? '',
      probe: 'icmp',
      task,
      state: target === 'sbc1' ? 'firing' : target === 'dns2' ? 'no-reply' : 'ok',
      at: last?.at ?? null,
      intervalMs: interval,
      medianMs: last?.rtt?.medianMs ?? null,
      p95Ms: last?.rtt?.p95Ms ?? null,
      lossRatio: last?.lossRatio ?? null,
      ipdvMeanAbsMs: last?.ipdvMeanAbsMs ?? null,
      pdvP95Ms: last?.pdvP95Ms ?? null,
      jitterRfc3550Ms: last?.jitterRfc3550Ms ?? null,
      errorBoundMs: last?.errorBoundMs ?? null,
    };
  });

export const incidents = (now: number): IncidentDetail[] => [
  {
    id: 4127,
    rule: 'loss-to-partners',
    cause: 'target:sbc1',
    title: 'sbc1.voxbridge.example loses 6.2 % of packets from ber-edge-02',
    severity: 'critical',
    state: 'firing',
    openedAt: now - 41 * 60_000,
    resolvedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    members: [
      { series: 'sbc1/icmp loss_ratio', agent: 'ber-edge-02', target: 'sbc1', value: 0.062, since: now - 43 * 60_000 },
      { series: 'sbc1/icmp loss_ratio', agent: 'waw-edge-01', target: 'sbc1', value: 0.05, since: now - 42 * 60_000 },
    ],
    events: [
      { at: now - 43 * 60_000, kind: 'pending', detail: 'ber-edge-02 → sbc1: loss 6.2 % is above 2 %' },
      { at: now - 41 * 60_000, kind: 'fired', detail: 'above 2 % for 2 min' },
    ],
    ways: [
      {
        agent: 'ber-edge-02',
        target: 'sbc1',
        before: { at: now - 50 * 60_000, hops: ['192.0.2.1', '198.51.100.9', null, '203.0.113.70', '203.0.113.90'], reached: true },
        after: { at: now - 20 * 60_000, hops: ['192.0.2.1', '198.51.100.9', null, '203.0.113.77'], reached: false },
        differsFrom: 3,
      },
      {
        agent: 'waw-edge-01',
        target: 'sbc1',
        before: null,
        after: { at: now - 18 * 60_000, hops: ['192.0.2.129', '198.51.100.33', '203.0.113.90'], reached: true },
        differsFrom: null,
      },
    ],
    verdict: {
      at: now - 20 * 60_000,
      from: now - 60 * 60_000,
      to: now - 20 * 60_000,
      outcome: 'several-fit',
      since: now - 43 * 60_000,
      suspects: [
        { class: 'shared-path', element: '198.51.100.9>203.0.113.77', confidence: 0.48 },
        { class: 'target', element: 'sbc1', confidence: 0.39 },
      ],
      evidence: [
        { kind: 'members', supports: true, text: '2 of 2 pairs that pass it lose 6.2 % of the packets beyond the usual' },
        { kind: 'others', supports: true, text: 'none of the 38 other pairs does' },
        { kind: 'agents', supports: true, text: 'seen from 2 agents at 2 sites' },
      ],
      deciding: [
        { kind: 'trace', agent: 'ber-edge-02', target: 'sbc1', bits: 0.7, parts: [['198.51.100.9>203.0.113.77'], ['sbc1']] },
        { kind: 'ping', agent: 'fra-core-01', target: 'sbc1', bits: 0.6, parts: [['sbc1'], ['198.51.100.9>203.0.113.77']] },
      ],
    },
    notifications: [
      { notifier: 'noc', state: 'delivered', attempts: 1, createdAt: now - 41 * 60_000, deliveredAt: now - 41 * 60_000 + 400, error: null },
      { notifier: 'partner', state: 'waiting', attempts: 3, createdAt: now - 41 * 60_000, deliveredAt: null, error: 'connection refused' },
    ],
    ...told(now),
  },
  {
    id: 4121,
    rule: 'no-reply',
    cause: 'target:dns2',
    title: 'dns2.kestrel.example does not answer',
    severity: 'critical',
    state: 'firing',
    openedAt: now - 72 * 60_000,
    resolvedAt: null,
    acknowledgedAt: now - 70 * 60_000,
    acknowledgedBy: 'ines',
    members: [{ series: 'dns2/icmp loss_ratio', agent: 'waw-edge-01', target: 'dns2', value: 1, since: now - 73 * 60_000 }],
    events: [],
    notifications: [],
    ...untold,
  },
  {
    id: 4100,
    rule: 'agent-off',
    cause: 'agent:sin',
    title: 'sin-edge-01 is off',
    severity: 'warning',
    state: 'resolved',
    openedAt: now - 26 * 3_600_000,
    resolvedAt: now - 25 * 3_600_000,
    acknowledgedAt: null,
    acknowledgedBy: null,
    members: [{ series: 'agent', agent: 'sin-edge-01', target: null, value: null, since: now - 26 * 3_600_000 }],
    events: [],
    notifications: [],
    ...untold,
  },
];

export const overview = (now: number): Overview => ({
  site: 'halden-noc',
  now,
  agents: { online: 12, degraded: 3, off: 1, total: 16 },
  targets: { total: 5, ok: 4, grey: 0 },
  roundsStored: 128_412,
  roundsPerSecond: 3.2,
  spoolBacklog: 2140,
  lagMs: 320,
  openIncidents: 2,
  dataDirectory: './data',
  dataBytes: 214_000,
});

export const hints: Hint[] = [
  {
    id: 'saturation',
    title: 'A port on the way is nearly full',
    why: 'edge1 xe-0/0/3 “transit AS64501”: 94 % out at the 95th percentile of the last quarter of an hour, 61 % a day ago',
    steps: [
      'Look who sends it: the port’s page, customers by label',
      'Shape or move traffic, or ask for more capacity',
      'Queue drops there? Then loss follows load',
    ],
  },
  {
    id: 'errors',
    title: 'A port counts errors',
    why: 'core2 et-1/0/0: 212 errors in since 11:40, none in the hour before',
    steps: ['Check optics: received power, dirt, age', 'Change patch cord, then transceiver'],
  },
];
