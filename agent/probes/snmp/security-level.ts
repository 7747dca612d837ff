import type { SnmpAccess } from '../../../protocol/probes/snmp.ts';
import { PDU, TAG } from './ber.ts';
import { enter } from './ber-read.ts';

type Level = Extract<SnmpAccess, { version: '3' }>['level'];

/** The bits of msgFlags (RFC 3412 section 6.4). */
const AUTH = 1;
const PRIV = 2;
const BITS: { readonly [L in Level]: number } = { noAuthNoPriv: 0, authNoPriv: AUTH, authPriv: AUTH | PRIV };

/**
 * Whether an SNMPv3 answer may be looked at by a session of this level. An answer must have the level of its request (RFC 3412 section 7.2
 * step 12), or whoever can send from the device's address could answer for it; only reports may come with less, because a device that does
 * not know the user cannot sign (RFC 3414 section 3.2). Throws RangeError for what is no message at all.
 */
export const hasLevel = (datagram: Buffer, level: Level): boolean => {
  const message = enter({ bytes: datagram, at: 0, end: datagram.length }, TAG.sequence);
  enter(message, TAG.integer);
  const header = enter(message, TAG.sequence);
  enter(header, TAG.integer);
  enter(header, TAG.integer);
  const flags = enter(header, TAG.octets);
  const bits = (flags.bytes[flags.at] ?? 0) & (AUTH | PRIV);
  if (bits === PRIV) return false; // encrypted and not signed: there is no such level
  if (bits === BITS[level]) return true;
  if (bits > BITS[level] || (bits & PRIV) !== 0) return false;
  enter(message, TAG.octets);
  const scoped = enter(message, TAG.sequence);
  enter(scoped, TAG.octets);
  enter(scoped, TAG.octets);
  return scoped.bytes[scoped.at] === PDU.report;
};
