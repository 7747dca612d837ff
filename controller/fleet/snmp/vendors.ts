import type { TemplateName } from '../../../protocol/device.ts';

// Whose a device is, by the enterprise number in its sysObjectID (IANA's list of private enterprise numbers), and what suits it.

const VENDORS: readonly (readonly [prefix: string, vendor: string, template: TemplateName | null])[] = [
  ['1.3.6.1.4.1.9.', 'Cisco', 'cisco'],
  ['1.3.6.1.4.1.2636.', 'Juniper', 'juniper'],
  ['1.3.6.1.4.1.14988.', 'MikroTik', 'mikrotik'],
  ['1.3.6.1.4.1.8072.', 'Net-SNMP', 'net-snmp'],
  ['1.3.6.1.4.1.2011.', 'Huawei', null],
  ['1.3.6.1.4.1.30065.', 'Arista', null],
  ['1.3.6.1.4.1.11.', 'HP', null],
  ['1.3.6.1.4.1.25506.', 'H3C', null],
  ['1.3.6.1.4.1.41112.', 'Ubiquiti', 'net-snmp'],
  ['1.3.6.1.4.1.10002.', 'Ubiquiti', 'net-snmp'],
  ['1.3.6.1.4.1.6527.', 'Nokia', null],
  ['1.3.6.1.4.1.1916.', 'Extreme', null],
  ['1.3.6.1.4.1.1991.', 'Brocade', null],
  ['1.3.6.1.4.1.12356.', 'Fortinet', null],
  ['1.3.6.1.4.1.25461.', 'Palo Alto', null],
  ['1.3.6.1.4.1.40310.', 'Cumulus', 'net-snmp'],
  ['1.3.6.1.4.1.44641.', 'VyOS', 'net-snmp'],
  ['1.3.6.1.4.1.2021.', 'UCD', 'net-snmp'],
  ['1.3.6.1.4.1.705.', 'MGE', null],
  ['1.3.6.1.4.1.534.', 'Eaton', null],
  ['1.3.6.1.4.1.318.', 'APC', null],
];

const find = (objectId: string): (typeof VENDORS)[number] | undefined => VENDORS.find(([prefix]) => `${objectId}.`.startsWith(prefix));

/** '' when it is not one that we know. */
export const vendorOf = (objectId: string): string => find(objectId)?.[1] ?? '';

/** What a device gets when nobody chose: the standard MIBs, and its vendor's once it has said whose it is. */
export const templatesFor = (objectId: string): readonly TemplateName[] => {
  const own = find(objectId)?.[2] ?? null;
  return ['system', 'host-resources', 'entity-sensor', 'bgp4', ...(own === null ? [] : [own])];
};
