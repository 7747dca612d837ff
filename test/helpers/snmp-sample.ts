import type { PortSample, SnmpSample } from '../../protocol/probes/snmp.ts';

/** One port as a poll gives it. */
export const portSample = (id: string, change: Partial<PortSample> = {}): PortSample => ({
  id,
  index: 1,
  name: id,
  descr: id,
  alias: '',
  type: 6,
  physAddress: '',
  speedBps: 1e9,
  admin: 1,
  oper: 1,
  counters: { ifHCInOctets: 1_000, ifHCOutOctets: 2_000 },
  rates: { seconds: 60, inOctets: 7_500, outOctets: 75, inBitsPerSecond: 1_000, outBitsPerSecond: 10, inUtilizationRatio: 1e-6 },
  ...change,
});
/** One poll of a device with one port. */
export const snmpSample = (change: Partial<SnmpSample> = {}): SnmpSample => ({
  kind: 'snmp',
  address: '192.0.2.7',
  system: { name: 'sw1.example.net', descr: 'a switch', objectId: '1.3.6.1.4.1.9.1.1', contact: '', location: 'rack', upTimeCs: 100_000 },
  changed: { entityCs: 5, configurationCs: 6, portsCs: 7 },
  requests: 9,
  timeouts: 0,
  variables: 300,
  slowestMs: 4.2,
  complete: true,
  problems: [],
  ports: [portSample('gi0-1')],
  values: [],
  ...change,
});
