/** An IP address as numbers, for the hot loop and the guard rails: 1 word for IPv4, 4 for IPv6 (32 bits each, unsigned). */
export interface IpAddress {
  readonly family: 'v4' | 'v6';
  readonly words: readonly number[];
}

/** null when the text is no IPv4 or IPv6 address. A zone (fe80::1%eth0) is left out: it says where to send, not to whom. */
export const parseIp = (text: string): IpAddress | null => {
  if (!text.includes(':')) {
    const word = parseV4(text);
    return word === null ? null : { family: 'v4', words: [word] };
  }
  const words = parseV6(text.replace(/%.*$/, ''));
  return words === null ? null : { family: 'v6', words };
};

/** `10.0.0.0/8` as its first address and its bits; a bare address is a network of its own. */
export const parseNetwork = (text: string): { address: IpAddress; bits: number } | null => {
  const [host = '', bitsText] = text.split('/');
  const address = parseIp(host);
  if (address === null) return null;
  const most = address.words.length * 32;
  const bits = bitsText === undefined ? most : Number(bitsText);
  return Number.isInteger(bits) && bits >= 0 && bits <= most ? { address, bits } : null;
};

/** Whether the address lies in the network; an IPv4 address never lies in an IPv6 network. */
export const isInside = (address: IpAddress, network: { address: IpAddress; bits: number }): boolean =>
  address.family === network.address.family &&
  address.words.every((word, i) => {
    const bits = Math.max(0, Math.min(32, network.bits - i * 32));
    const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
    return ((word ^ (network.address.words[i] ?? 0)) & mask) === 0;
  });

const parseV4 = (text: string): number | null => {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return null;
  return parts.reduce((word, part) => word * 256 + part, 0);
};

const parseV6 = (text: string): number[] | null => {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const tail = dotted === null ? null : parseV4(dotted[2] ?? '');
  if (dotted !== null && tail === null) return null;
  const plain = tail === null ? text : `${dotted?.[1]}${(tail >>> 16).toString(16)}:${(tail & 0xffff).toString(16)}`;
  const halves = plain.split('::');
  if (halves.length > 2) return null;
  const [head = [], rest = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - rest.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...rest];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return [0, 2, 4, 6].map((i) => Number.parseInt(groups[i] ?? '', 16) * 65_536 + Number.parseInt(groups[i + 1] ?? '', 16));
};
