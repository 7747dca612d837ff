import type { TcpState } from '../../../protocol/probes/host.ts';

// /proc/net/tcp, tcp6, udp, udp6: one socket a line (Documentation/networking/proc_net_tcp.rst). Pure.

export interface SocketRow {
  /** As the kernel writes them: hex, words in the host's order (little-endian on every machine that this runs on). */
  readonly localHex: string;
  readonly localPort: number;
  readonly remoteHex: string;
  readonly remotePort: number;
  /** include/net/tcp_states.h */
  readonly state: number;
  readonly uid: number;
  readonly inode: string;
}

const STATES: readonly (TcpState | undefined)[] = [
  undefined,
  'established',
  'syn_sent',
  'syn_recv',
  'fin_wait1',
  'fin_wait2',
  'time_wait',
  'close',
  'close_wait',
  'last_ack',
  'listen',
  'closing',
  'syn_recv', // NEW_SYN_RECV
];
export const LISTEN = 10;
/** What an unconnected UDP socket is said to be. */
export const CLOSE = 7;

export const tcpState = (state: number): TcpState | undefined => STATES[state];

/** null for the header and for what is none of its lines. */
export const parseSocketLine = (line: string): SocketRow | null => {
  const words = line.trim().split(/ +/);
  const [, local = '', remote = '', state = ''] = words;
  const [localHex, localPort] = endpoint(local);
  const [remoteHex, remotePort] = endpoint(remote);
  if (localHex === '' || !/^[0-9A-F]{2}$/.test(state)) return null;
  return {
    localHex,
    localPort,
    remoteHex,
    remotePort,
    state: Number.parseInt(state, 16),
    uid: Number(words[7] ?? 0),
    inode: words[9] ?? '0',
  };
};

const endpoint = (text: string): readonly [string, number] => {
  const colon = text.lastIndexOf(':');
  const hex = text.slice(0, Math.max(0, colon));
  return /^([0-9A-F]{8}|[0-9A-F]{32})$/.test(hex) ? [hex, Number.parseInt(text.slice(colon + 1), 16)] : ['', 0];
};

/** `0100007F` is 127.0.0.1; 32 digits are IPv6 (RFC 5952), or IPv4 inside it. */
export const addressOf = (hex: string): string => {
  const octets =
    hex.match(/.{8}/g)?.flatMap((word) => (word.match(/../g) ?? []).toReversed().map((pair) => Number.parseInt(pair, 16))) ?? [];
  if (octets.length === 4) return octets.join('.');
  if (octets.slice(0, 10).every((octet) => octet === 0) && octets[10] === 255 && octets[11] === 255) return octets.slice(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => ((octets[2 * index] ?? 0) << 8) | (octets[2 * index + 1] ?? 0));
  return compress(groups);
};

/** The longest run of zeros, of two and more, as `::`. */
const compress = (groups: readonly number[]): string => {
  let [best, length] = [-1, 1];
  for (let from = 0; from < groups.length; from += 1) {
    let to = from;
    while (groups[to] === 0) to += 1;
    if (to - from > length) [best, length] = [from, to - from];
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return best === -1 ? text(groups) : `${text(groups.slice(0, best))}::${text(groups.slice(best + length))}`;
};
