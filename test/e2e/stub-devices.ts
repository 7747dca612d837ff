import type { DeviceEvent, DeviceView, PortHistory, PortView } from '../../protocol/api-devices.ts';

// Made-up devices for looking at pages: every state, full lines, errors, ports that are gone.

const noise = (seed: number): number => {
  const x = Math.sin(seed * 12.9898) * 43758.5453;
  return x - Math.floor(x);
};

const device = (id: string, now: number, change: Partial<DeviceView>): DeviceView => ({
  id,
  name: id,
  address: `10.20.0.${id.length}`,
  family: 'any',
  port: 161,
  labels: {},
  agent: 'noc1',
  enabled: true,
  intervalMs: 60_000,
  timeoutMs: 5_000,
  retries: 1,
  access: { version: '2c' },
  ports: { names: [], notNames: [], aliases: [], types: [], notTypes: [], adminUp: false },
  templates: null,
  scalars: [],
  tables: [],
  has: { community: true, authKey: false, privKey: false },
  state: 'ok',
  at: now - 20_000,
  answeredAt: now - 20_000,
  system: {
    name: `${id}.halden.example`,
    descr: 'Juniper Networks, Inc. mx204 internet router, kernel JUNOS 23.4R2.13',
    objectId: '1.3.6.1.4.1.2636.1.1.1.2.108',
    contact: 'noc@halden.example',
    location: 'Halden, rack 7',
    upTimeCs: 41 * 8_640_000,
  },
  vendor: 'Juniper',
  usedTemplates: ['system', 'host-resources', 'entity-sensor', 'bgp4', 'juniper'],
  portsTotal: 48,
  portsUp: 31,
  portsDown: 2,
  requests: 24,
  variables: 812,
  durationMs: 640,
  slowestMs: 21,
  problems: [],
  createdAt: now - 9e9,
  updatedAt: now - 8e8,
  ...change,
});

export const devices = (now: number): DeviceView[] => [
  device('edge-ams', now, { name: 'Edge Amsterdam' }),
  device('core-osl', now, {
    vendor: 'Cisco',
    state: 'partial',
    reason: 'the time budget ended the poll',
    problems: ['the time budget ended the poll', 'requests without an answer'],
    durationMs: 54_000,
  }),
  device('mast-12', now, {
    vendor: 'MikroTik',
    state: 'failed',
    reason: 'no answer: is the address right, SNMP on, the community right, this agent let in?',
  }),
  device('sw-new', now, {
    state: 'waiting',
    reason: 'first poll to come',
    at: null,
    answeredAt: null,
    system: null,
    vendor: '',
    durationMs: null,
  }),
  device('pop-ber', now, { state: 'off', reason: 'its agent ber-edge-02 is off: silent', agent: 'ber-edge-02' }),
];

export const ports = (id: string, now: number): PortView[] =>
  Array.from({ length: 28 }, (_, i): PortView => {
    const down = i % 9 === 4;
    const off = i % 11 === 7;
    const speedBps = i < 4 ? 100e9 : i < 8 ? 10e9 : 1e9;
    const [a, b] = [noise(i + 1) ** 3, noise(i + 40) ** 4];
    const isIdle = down || off;
    return {
      device: id,
      id: `ge-0-0-${i}`,
      index: 500 + i,
      name: `${i < 4 ? 'et' : i < 8 ? 'xe' : 'ge'}-0/0/${i}`,
      descr: `ge-0/0/${i}`,
      alias: i % 3 === 0 ? `customer ${1_000 + i}: Fjord Data AS` : i === 1 ? 'transit: Arelion' : '',
      type: 6,
      mtu: 1_514,
      physAddress: `02:00:5e:10:00:${i.toString(16).padStart(2, '0')}`,
      speedBps,
      admin: off ? 2 : 1,
      oper: isIdle ? 2 : 1,
      firstAt: now - 9e9,
      at: now - 20_000,
      goneAt: null,
      rates: {
        seconds: 60,
        inOctets: Math.round((speedBps / 8) * a * 60),
        outOctets: Math.round((speedBps / 8) * b * 60),
        inBitsPerSecond: isIdle ? 0 : speedBps * a,
        outBitsPerSecond: isIdle ? 0 : speedBps * b,
        inUtilizationRatio: isIdle ? 0 : a,
        outUtilizationRatio: isIdle ? 0 : b,
        inErrorsPerSecond: i === 5 ? 3.2 : 0,
        outErrorsPerSecond: 0,
        inDiscardsPerSecond: i === 2 ? 41 : 0,
        outDiscardsPerSecond: 0,
        inBroadcastRatio: 0.002,
      },
    };
  });

export const deviceEvents = (id: string, now: number): DeviceEvent[] => [
  { id: 4, at: now - 40 * 60_000, device: id, port: null, kind: 'configuration', title: 'running configuration changed' },
  { id: 3, at: now - 95 * 60_000, device: id, port: 'ge-0-0-5', kind: 'link', title: 'port xe-0/0/5 is down' },
  { id: 2, at: now - 160 * 60_000, device: id, port: 'ge-0-0-2', kind: 'port-renumbered', title: 'port et-0/0/2: ifIndex 412 is 502' },
  { id: 1, at: now - 161 * 60_000, device: id, port: null, kind: 'restarted', title: 'restarted 45 s before it was asked' },
];

export const portHistory = (id: string, port: string, from: number, to: number, now: number): PortHistory => {
  const columns = Array.from({ length: Math.min(900, Math.floor((to - from) / 60_000)) }, (_, i) => {
    const at = Math.floor(from / 60_000) * 60_000 + i * 60_000;
    const day = 0.5 + 0.4 * Math.sin(at / 3_000_000);
    const absent = (now - at) / 60_000 > 158 && (now - at) / 60_000 < 163;
    const up = 8e9 * day * (0.8 + 0.3 * noise(at));
    return absent
      ? null
      : {
          at,
          endAt: at + 60_000,
          inBps: up,
          outBps: up * (0.3 + 0.1 * noise(at + 7)),
          inBpsMax: up,
          outBpsMax: up * 0.4,
          inErrors: noise(at) > 0.96 ? 4 * noise(at + 1) : 0,
          outErrors: 0,
          inDiscards: noise(at + 3) > 0.97 ? 9 : 0,
          outDiscards: noise(at + 5) > 0.99 ? 3 : 0,
          inPps: up / 6_000,
          outPps: up / 9_000,
          oper: 1,
        };
  }).filter((column) => column !== null);
  return {
    device: id,
    port,
    agent: 'noc1',
    intervalMs: 60_000,
    from,
    to,
    bucketMs: 0,
    speedBps: 10e9,
    columns,
    p95: { inBps: 7.9e9, outBps: 2.7e9 },
    totals: { inOctets: 9.4e12, outOctets: 3.1e12 },
    events: deviceEvents(id, now),
  };
};
