// IF-MIB (RFC 2863) as numbers: what is read of each port, and how often.
const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';

export interface MibColumn {
  readonly name: string;
  readonly oid: string;
}
const column = (name: string, oid: string): MibColumn => ({ name, oid });

/** Read in every round, and first: without it a round says nothing. The octets lead, because a row is dated by its first cell. */
export const FIRST: readonly MibColumn[] = [
  column('ifHCInOctets', `${IFX}.6`),
  column('ifHCOutOctets', `${IFX}.10`),
  column('ifName', `${IFX}.1`),
  column('ifOperStatus', `${IF}.8`),
  column('ifAdminStatus', `${IF}.7`),
  column('ifCounterDiscontinuityTime', `${IFX}.19`),
];

/** Read in every round, after that. */
export const REST: readonly MibColumn[] = [
  column('ifHCInUcastPkts', `${IFX}.7`),
  column('ifHCOutUcastPkts', `${IFX}.11`),
  column('ifHCInMulticastPkts', `${IFX}.8`),
  column('ifHCOutMulticastPkts', `${IFX}.12`),
  column('ifHCInBroadcastPkts', `${IFX}.9`),
  column('ifHCOutBroadcastPkts', `${IFX}.13`),
  column('ifInErrors', `${IF}.14`),
  column('ifOutErrors', `${IF}.20`),
  column('ifInDiscards', `${IF}.13`),
  column('ifOutDiscards', `${IF}.19`),
  column('ifHighSpeed', `${IFX}.15`),
];

/** For ports without 64-bit counters: SNMPv1, old boxes, virtual ports of some. */
export const NARROW: readonly MibColumn[] = [
  column('ifInOctets', `${IF}.10`),
  column('ifOutOctets', `${IF}.16`),
  column('ifInUcastPkts', `${IF}.11`),
  column('ifOutUcastPkts', `${IF}.17`),
  column('ifInNUcastPkts', `${IF}.12`),
  column('ifOutNUcastPkts', `${IF}.18`),
];

/** By what a port is known again: read at first, every few minutes, and whenever ports have moved. */
export const FACES: readonly MibColumn[] = [
  column('ifDescr', `${IF}.2`),
  column('ifPhysAddress', `${IF}.6`),
  column('ifAlias', `${IFX}.18`),
];

/** What else a port is. */
export const DETAILS: readonly MibColumn[] = [column('ifType', `${IF}.3`), column('ifMtu', `${IF}.4`), column('ifSpeed', `${IF}.5`)];

/** Every counter that a sample carries, with its width. */
export const COUNTER_BITS: Readonly<Record<string, 32 | 64>> = Object.fromEntries(
  [...FIRST, ...REST, ...NARROW]
    .filter(({ name }) => /(Octets|Pkts|Errors|Discards)$/.test(name))
    .map(({ name }) => [name, name.startsWith('ifHC') ? 64 : 32]),
);

/** A gauge of 32 bits at its top says "more than I can tell". */
export const SPEED_UNKNOWN = 4_294_967_295;

const SYSTEM = '1.3.6.1.2.1.1';
export const SCALARS = {
  sysUpTime: `${SYSTEM}.3.0`,
  sysName: `${SYSTEM}.5.0`,
  /** ifTableLastChange (RFC 2863). */
  portsChanged: '1.3.6.1.2.1.31.1.5.0',
  /** entLastChangeTime (RFC 6933). */
  entityChanged: '1.3.6.1.2.1.47.1.4.1.0',
  /** ccmHistoryRunningLastChanged (CISCO-CONFIG-MAN-MIB). */
  configurationChanged: '1.3.6.1.4.1.9.9.43.1.1.1.0',
} as const;
export const ABOUT = {
  sysDescr: `${SYSTEM}.1.0`,
  sysObjectID: `${SYSTEM}.2.0`,
  sysContact: `${SYSTEM}.4.0`,
  sysLocation: `${SYSTEM}.6.0`,
} as const;
