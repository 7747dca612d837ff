// Networks to the addresses inside. Pure.
import ipaddr from 'ipaddr.js';
import type { Parsed } from '../../../protocol/labels.ts';

/** More than a /20 at once is a scan of somebody else's patience. */
const MOST = 4_096;

/** An address or a name as it is; `192.0.2.0/24` as its addresses without network and broadcast. */
export const addressesIn = (text: string): Parsed<string[]> => {
  if (!text.includes('/')) return { ok: true, value: [text] };
  if (!ipaddr.IPv4.isValidCIDR(text)) return { ok: false, reason: `"${text}" is not a network such as 192.0.2.0/24 (IPv4)` };
  const [address, bits] = ipaddr.IPv4.parseCIDR(text);
  const size = 2 ** (32 - bits);
  if (size > MOST) return { ok: false, reason: `${text} has ${size} addresses; at most ${MOST} at once (/20)` };
  const bytes = address.toByteArray();
  const first = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const base = first - (first % size);
  const [from, to] = size > 2 ? [1, size - 1] : [0, size];
  const value = Array.from({ length: to - from }, (_, i) => {
    const number = base + from + i;
    return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
  });
  return { ok: true, value };
};
