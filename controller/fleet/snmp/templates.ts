import type { TemplateName } from '../../../protocol/device.ts';
import type { SnmpColumn, SnmpScalar, SnmpTable } from '../../../protocol/probes/snmp.ts';

// What is asked for beside the ports, as data. Written from the MIBs; names are theirs, tables are named as Telegraf's users name them.

export interface Template {
  readonly about: string;
  readonly scalars: readonly SnmpScalar[];
  readonly tables: readonly SnmpTable[];
}

const scalar = (name: string, oid: string, read: SnmpScalar['read'] = 'auto'): SnmpScalar => ({ name, oid, read });
const field = (name: string, oid: string, read: SnmpColumn['read'] = 'auto'): SnmpColumn => ({ name, oid, as: 'field', read });
const tag = (name: string, oid: string, read: SnmpColumn['read'] = 'text'): SnmpColumn => ({ name, oid, as: 'tag', read });
const table = (name: string, columns: SnmpColumn[], more: Partial<SnmpTable> = {}): SnmpTable => ({
  name,
  columns,
  sensor: false,
  every: 1,
  ...more,
});

const HR = '1.3.6.1.2.1.25';
const SENSOR = '1.3.6.1.2.1.99.1.1.1';
const PHYSICAL = '1.3.6.1.2.1.47.1.1.1.1';
const BGP = '1.3.6.1.2.1.15';
const UCD = '1.3.6.1.4.1.2021';
const MIKROTIK = '1.3.6.1.4.1.14988.1.1';
const CISCO = '1.3.6.1.4.1.9.9';
const JUNIPER = '1.3.6.1.4.1.2636.3.1.13.1';

export const TEMPLATES: Readonly<Record<TemplateName, Template>> = {
  system: {
    about: 'SNMPv2-MIB: what the device says of itself, and how many SNMP requests it refuses',
    scalars: [
      scalar('sysLocation', '1.3.6.1.2.1.1.6.0', 'text'),
      scalar('snmpInBadCommunityNames', '1.3.6.1.2.1.11.4.0'),
      scalar('snmpInPkts', '1.3.6.1.2.1.11.1.0'),
    ],
    tables: [],
  },
  'host-resources': {
    about: 'HOST-RESOURCES-MIB: processors, memory and disks, users and processes (RFC 2790)',
    scalars: [
      scalar('hrSystemUptime', `${HR}.1.1.0`),
      scalar('hrSystemNumUsers', `${HR}.1.5.0`),
      scalar('hrSystemProcesses', `${HR}.1.6.0`),
    ],
    tables: [
      table('hrStorage', [
        tag('hrStorageDescr', `${HR}.2.3.1.3`),
        field('hrStorageAllocationUnits', `${HR}.2.3.1.4`),
        field('hrStorageSize', `${HR}.2.3.1.5`),
        field('hrStorageUsed', `${HR}.2.3.1.6`),
      ]),
      table('hrProcessor', [field('hrProcessorLoad', `${HR}.3.3.1.2`)]),
    ],
  },
  'entity-sensor': {
    about: 'ENTITY-SENSOR-MIB: optical power, temperatures, voltages, fans (RFC 3433)',
    scalars: [],
    tables: [
      table(
        'entPhySensor',
        [
          field('entPhySensorValue', `${SENSOR}.4`),
          field('entPhySensorType', `${SENSOR}.1`),
          field('entPhySensorScale', `${SENSOR}.2`),
          field('entPhySensorPrecision', `${SENSOR}.3`),
          field('entPhySensorOperStatus', `${SENSOR}.5`),
          tag('entPhysicalName', `${PHYSICAL}.7`),
          tag('entPhysicalDescr', `${PHYSICAL}.2`),
        ],
        { sensor: true },
      ),
    ],
  },
  bgp4: {
    about: "BGP4-MIB: each peer's state, prefixes' updates and how long it has been up (RFC 4273)",
    scalars: [scalar('bgpLocalAs', `${BGP}.2.0`)],
    tables: [
      table('bgpPeer', [
        field('bgpPeerState', `${BGP}.3.1.2`),
        field('bgpPeerAdminStatus', `${BGP}.3.1.3`),
        tag('bgpPeerRemoteAddr', `${BGP}.3.1.7`, 'ip'),
        tag('bgpPeerRemoteAs', `${BGP}.3.1.9`, 'auto'),
        field('bgpPeerInUpdates', `${BGP}.3.1.10`),
        field('bgpPeerOutUpdates', `${BGP}.3.1.11`),
        field('bgpPeerFsmEstablishedTransitions', `${BGP}.3.1.15`),
        field('bgpPeerFsmEstablishedTime', `${BGP}.3.1.16`),
      ]),
    ],
  },
  mikrotik: {
    about: 'MIKROTIK-MIB: health of the board (voltage and temperature in tenths), optics, wireless clients, PPP and DHCP',
    scalars: [
      scalar('mtxrHlVoltage', `${MIKROTIK}.3.8.0`),
      scalar('mtxrHlTemperature', `${MIKROTIK}.3.10.0`),
      scalar('mtxrHlProcessorTemperature', `${MIKROTIK}.3.11.0`),
      scalar('mtxrHlPower', `${MIKROTIK}.3.12.0`),
      scalar('mtxrHlCurrent', `${MIKROTIK}.3.13.0`),
      scalar('mtxrHlProcessorFrequency', `${MIKROTIK}.3.14.0`),
      scalar('mtxrLicVersion', `${MIKROTIK}.4.4.0`, 'text'),
      scalar('mtxrDHCPLeaseCount', `${MIKROTIK}.6.1.0`),
    ],
    tables: [
      table('mtxrOptical', [
        tag('mtxrOpticalName', `${MIKROTIK}.19.1.1.2`),
        field('mtxrOpticalTemperature', `${MIKROTIK}.19.1.1.6`),
        field('mtxrOpticalTxPower', `${MIKROTIK}.19.1.1.9`),
        field('mtxrOpticalRxPower', `${MIKROTIK}.19.1.1.10`),
      ]),
      table('mtxrWlAp', [
        tag('mtxrWlApSsid', `${MIKROTIK}.1.3.1.4`),
        field('mtxrWlApClientCount', `${MIKROTIK}.1.3.1.6`),
        field('mtxrWlApNoiseFloor', `${MIKROTIK}.1.3.1.9`),
        field('mtxrWlApOverallTxCCQ', `${MIKROTIK}.1.3.1.10`),
      ]),
    ],
  },
  cisco: {
    about: 'CISCO-PROCESS-MIB, CISCO-MEMORY-POOL-MIB, CISCO-ENVMON-MIB, CISCO-ENTITY-SENSOR-MIB: processors, memory, temperatures, optics',
    scalars: [scalar('ccmHistoryRunningLastChanged', `${CISCO}.43.1.1.1.0`), scalar('ccmHistoryStartupLastChanged', `${CISCO}.43.1.1.3.0`)],
    tables: [
      table('cpmCPU', [
        field('cpmCPUTotal1minRev', `${CISCO}.109.1.1.1.1.7`),
        field('cpmCPUTotal5minRev', `${CISCO}.109.1.1.1.1.8`),
        field('cpmCPUMemoryUsed', `${CISCO}.109.1.1.1.1.12`),
        field('cpmCPUMemoryFree', `${CISCO}.109.1.1.1.1.13`),
      ]),
      table('ciscoMemoryPool', [
        tag('ciscoMemoryPoolName', `${CISCO}.48.1.1.1.2`),
        field('ciscoMemoryPoolUsed', `${CISCO}.48.1.1.1.5`),
        field('ciscoMemoryPoolFree', `${CISCO}.48.1.1.1.6`),
      ]),
      table('ciscoEnvMonTemperature', [
        tag('ciscoEnvMonTemperatureStatusDescr', `${CISCO}.13.1.3.1.2`),
        field('ciscoEnvMonTemperatureStatusValue', `${CISCO}.13.1.3.1.3`),
        field('ciscoEnvMonTemperatureState', `${CISCO}.13.1.3.1.6`),
      ]),
      table(
        'entSensor',
        [
          field('entPhySensorValue', `${CISCO}.91.1.1.1.1.4`),
          field('entPhySensorType', `${CISCO}.91.1.1.1.1.1`),
          field('entPhySensorScale', `${CISCO}.91.1.1.1.1.2`),
          field('entPhySensorPrecision', `${CISCO}.91.1.1.1.1.3`),
          field('entPhySensorOperStatus', `${CISCO}.91.1.1.1.1.5`),
          tag('entPhysicalName', `${PHYSICAL}.7`),
          tag('entPhysicalDescr', `${PHYSICAL}.2`),
        ],
        { sensor: true },
      ),
    ],
  },
  juniper: {
    about: 'JUNIPER-MIB: temperature, processor and memory of each part; JUNIPER-DOM-MIB: optical power in hundredths of dBm',
    scalars: [scalar('jnxBoxDescr', '1.3.6.1.4.1.2636.3.1.2.0', 'text'), scalar('jnxBoxSerialNo', '1.3.6.1.4.1.2636.3.1.3.0', 'text')],
    tables: [
      table('jnxOperating', [
        tag('jnxOperatingDescr', `${JUNIPER}.5`),
        field('jnxOperatingState', `${JUNIPER}.6`),
        field('jnxOperatingTemp', `${JUNIPER}.7`),
        field('jnxOperatingCPU', `${JUNIPER}.8`),
        field('jnxOperatingBuffer', `${JUNIPER}.11`),
      ]),
      table('jnxDom', [
        field('jnxDomCurrentRxLaserPower', '1.3.6.1.4.1.2636.3.60.1.1.1.1.5'),
        field('jnxDomCurrentTxLaserOutputPower', '1.3.6.1.4.1.2636.3.60.1.1.1.1.7'),
        field('jnxDomCurrentModuleTemperature', '1.3.6.1.4.1.2636.3.60.1.1.1.1.8'),
        tag('ifName', '1.3.6.1.2.1.31.1.1.1.1'),
      ]),
    ],
  },
  'net-snmp': {
    about: 'UCD-SNMP-MIB: load, memory and processor times of Linux hosts and what is built on them',
    scalars: [
      scalar('memTotalReal', `${UCD}.4.5.0`),
      scalar('memAvailReal', `${UCD}.4.6.0`),
      scalar('memBuffer', `${UCD}.4.14.0`),
      scalar('memCached', `${UCD}.4.15.0`),
      scalar('ssCpuRawUser', `${UCD}.11.50.0`),
      scalar('ssCpuRawSystem', `${UCD}.11.52.0`),
      scalar('ssCpuRawIdle', `${UCD}.11.53.0`),
      scalar('ssCpuRawWait', `${UCD}.11.54.0`),
    ],
    tables: [table('laTable', [tag('laNames', `${UCD}.10.1.2`), field('laLoadInt', `${UCD}.10.1.5`)])],
  },
};
