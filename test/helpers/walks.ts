// Synthetic walks in snmpsim's and LibreNMS' form (OID|TYPE|VALUE), written from the MIBs: each has what its kind of device is known for.

const rows = (column: string, type: string, values: Readonly<Record<string, string | number>>): string[] =>
  Object.entries(values).map(([index, value]) => `${column}.${index}|${type}|${value}`);
const hex = (text: string): string => Buffer.from(text).toString('hex');
const walk = (...lines: readonly (string | readonly string[])[]): string => `${lines.flat().toSorted(byOid).join('\n')}\n`;
const byOid = (a: string, b: string): number => {
  const [left, right] = [a, b].map((line) => (line.split('|', 1)[0] ?? '').split('.').map(Number));
  for (let i = 0; i < Math.min(left?.length ?? 0, right?.length ?? 0); i += 1) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return (left?.length ?? 0) - (right?.length ?? 0);
};

const SYSTEM = '1.3.6.1.2.1.1';
const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';
const PHYSICAL = '1.3.6.1.2.1.47.1.1.1.1';
const SENSOR = '1.3.6.1.2.1.99.1.1.1';
const HR = '1.3.6.1.2.1.25';

const system = (name: string, descr: string, objectId: string): string[] => [
  `${SYSTEM}.1.0|4|${descr}`,
  `${SYSTEM}.2.0|6|${objectId}`,
  `${SYSTEM}.3.0|67|123456`,
  `${SYSTEM}.5.0|4|${name}`,
];
/** No ifIndex column: the index is in the OID, as with most of the real ones. */
const ports = (names: Readonly<Record<string, string>>, wide: readonly string[] = Object.keys(names)): string[] => [
  ...rows(`${IF}.2`, '4', names),
  ...Object.keys(names).flatMap((index) => [
    `${IF}.3.${index}|2|6`,
    `${IF}.5.${index}|66|4294967295`,
    `${IF}.7.${index}|2|1`,
    `${IF}.8.${index}|2|1`,
    `${IF}.10.${index}|65|1000`,
    `${IF}.16.${index}|65|2000`,
  ]),
  ...wide.flatMap((index) => [
    `${IFX}.1.${index}|4x|${hex(`${names[index] ?? ''}\0`)}`,
    `${IFX}.6.${index}|70|18446744073709551615`,
    `${IFX}.10.${index}|70|5`,
    `${IFX}.15.${index}|66|10000`,
  ]),
];

export const WALKS = {
  /** A port without 64-bit counters among others that have them; optics in CISCO-ENTITY-SENSOR-MIB. */
  cisco: walk(
    system('n5k', 'Cisco NX-OS(tm) n5000', '1.3.6.1.4.1.9.12.3.1.3.1084'),
    ports({ '83886080': 'mgmt0', '436207616': 'Ethernet1/1' }, ['436207616']),
    `1.3.6.1.4.1.9.9.43.1.1.1.0|67|5000`,
    rows('1.3.6.1.4.1.9.9.109.1.1.1.1.8', '66', { 1: 17 }),
    rows('1.3.6.1.4.1.9.9.91.1.1.1.1.1', '2', { 300: 14, 301: 8 }),
    rows('1.3.6.1.4.1.9.9.91.1.1.1.1.2', '2', { 300: 9, 301: 9 }),
    rows('1.3.6.1.4.1.9.9.91.1.1.1.1.3', '2', { 300: 1, 301: 0 }),
    rows('1.3.6.1.4.1.9.9.91.1.1.1.1.4', '2', { 300: -53, 301: 41 }),
    rows('1.3.6.1.4.1.9.9.91.1.1.1.1.5', '2', { 300: 1, 301: 1 }),
    rows(`${PHYSICAL}.7`, '4', { 300: 'Ethernet1/1 Receive Power Sensor', 301: 'Outlet' }),
  ),
  /** A row for each unit of a port; parts with three indexes; power in hundredths of dBm by ifIndex. */
  juniper: walk(
    system('vmx', 'Juniper Networks, Inc. vmx internet router', '1.3.6.1.4.1.2636.1.1.1.2.108'),
    ports({ '512': 'ge-0/0/0', '513': 'ge-0/0/0.0', '514': 'ge-0/0/0.32767' }),
    rows('1.3.6.1.4.1.2636.3.1.13.1.5', '4', { '9.1.0.0': 'Routing Engine 0' }),
    rows('1.3.6.1.4.1.2636.3.1.13.1.7', '66', { '9.1.0.0': 38 }),
    rows('1.3.6.1.4.1.2636.3.1.13.1.8', '66', { '9.1.0.0': 12 }),
    rows('1.3.6.1.4.1.2636.3.60.1.1.1.1.5', '2', { 512: -312 }),
  ),
  /** Health in tenths; optics; names with colons and spaces. */
  mikrotik: walk(
    system('crs', 'RouterOS CRS326', '1.3.6.1.4.1.14988.1'),
    ports({ '1': 'wan: fibre (sfp1)' }),
    `1.3.6.1.4.1.14988.1.1.3.8.0|66|242`,
    `1.3.6.1.4.1.14988.1.1.3.10.0|66|395`,
    rows('1.3.6.1.4.1.14988.1.1.19.1.1.2', '4', { 1: 'sfp1' }),
    rows('1.3.6.1.4.1.14988.1.1.19.1.1.9', '2', { 1: -5400 }),
    rows('1.3.6.1.4.1.14988.1.1.19.1.1.10', '2', { 1: -6200 }),
  ),
  netSnmp: walk(
    system('web1', 'Linux web1 6.1.0', '1.3.6.1.4.1.8072.3.2.10'),
    ports({ '1': 'lo', '2': 'eth0' }),
    `1.3.6.1.4.1.2021.4.5.0|2|2036504`,
    rows('1.3.6.1.4.1.2021.10.1.2', '4', { 1: 'Load-1' }),
    rows('1.3.6.1.4.1.2021.10.1.5', '2', { 1: 42 }),
    rows(`${HR}.2.3.1.3`, '4', { 1: 'Physical memory' }),
    rows(`${HR}.2.3.1.4`, '2', { 1: 1024 }),
    rows(`${HR}.2.3.1.5`, '2', { 1: 2036504 }),
    rows(`${HR}.2.3.1.6`, '2', { 1: 377928 }),
    rows(`${HR}.3.3.1.2`, '2', { 196608: 10 }),
  ),
  /** RFC 3433 with scales and precisions; one that is not present. */
  optics: walk(
    system('sw', 'a switch with optics', '1.3.6.1.4.1.99999.1'),
    ports({ '7': 'Te1' }),
    rows(`${PHYSICAL}.7`, '4', { 7: 'Te1 Rx', 8: 'Te1 Tx bias', 9: 'empty cage' }),
    rows(`${SENSOR}.1`, '2', { 7: 6, 8: 5, 9: 8 }),
    rows(`${SENSOR}.2`, '2', { 7: 7, 8: 8, 9: 9 }),
    rows(`${SENSOR}.3`, '2', { 7: 1, 8: 2, 9: 0 }),
    rows(`${SENSOR}.4`, '2', { 7: 4921, 8: 643, 9: 0 }),
    rows(`${SENSOR}.5`, '2', { 7: 1, 8: 1, 9: 2 }),
  ),
  /** Peers by their address; one column is missing, as some have it. */
  bgp: walk(
    system('edge', 'EdgeOS', '1.3.6.1.4.1.41112.1.5'),
    ports({ '2': 'eth0' }),
    `1.3.6.1.2.1.15.2.0|2|65200`,
    rows('1.3.6.1.2.1.15.3.1.2', '2', { '172.16.200.1': 6, '172.16.200.9': 3 }),
    rows('1.3.6.1.2.1.15.3.1.9', '2', { '172.16.200.1': 65000, '172.16.200.9': 64512 }),
    rows('1.3.6.1.2.1.15.3.1.16', '66', { '172.16.200.1': 164372, '172.16.200.9': 0 }),
  ),
  /** Old: no ifXTable at all. */
  ups: walk(system('ups', 'UPS 93E', '1.3.6.1.4.1.705.1'), ports({ '1': 'LOOPBACK', '2': 'eth0' }, [])),
} as const;
