import type { Link, LinkAddress, LinkKind } from '../../../protocol/probes/net.ts';
import type { InterfaceAddress, Machine } from './machine.ts';

const ROOT = '/sys/class/net';
const NETWORKD = '/run/systemd/netif/links';
/** if.h */
const IFF_UP = 0x1;
const IFF_BROADCAST = 0x2;
/** if_arp.h: ARPHRD_ETHER, ARPHRD_LOOPBACK; IP-in-IP, SIT, GRE and none. */
const ETHERNET = 1;
const LOOPBACK = 772;
const TUNNELS = new Set([768, 769, 776, 778, 823, 65_534]);
const TUNNEL_TYPES = new Set(['vxlan', 'geneve', 'wireguard', 'gre', 'gretap', 'ipvlan']);

const HAS_SPEED: ReadonlySet<LinkKind> = new Set(['physical', 'wireless', 'bond', 'bridge', 'vlan']);

/** What each interface is. Once a minute: it opens a dozen files of each. One that goes away while it is read is left out. */
export const readLinks = async (machine: Machine, names: readonly string[], signal: AbortSignal): Promise<Link[]> => {
  const addresses = machine.addresses();
  const vlans = parseVlans(machine.readNow('/proc/net/vlan/config') ?? '');
  const hasNetworkd = machine.listNow(NETWORKD).length > 0;
  const links: Link[] = [];
  for (const name of names) {
    if (signal.aborted) return links;
    const link = await readLink(machine, name, { addresses: addresses.get(name) ?? [], vlan: vlans.get(name) ?? null, hasNetworkd });
    if (link !== null) links.push(link);
  }
  return links;
};

interface Beside {
  readonly addresses: readonly InterfaceAddress[];
  readonly vlan: { readonly id: number; readonly parent: string | null } | null;
  readonly hasNetworkd: boolean;
}

const readLink = async (machine: Machine, name: string, beside: Beside): Promise<Link | null> => {
  if (name.includes('/') || name === '.' || name === '..') return null; // no path out of the folder, whatever a kernel let pass
  const folder = `${ROOT}/${name}`;
  const read = (file: string): string | null => machine.readNow(`${folder}/${file}`)?.trim() ?? null;
  const index = whole(read('ifindex'));
  if (index === null || index <= 0) return null;
  const flags = Number.parseInt(read('flags') ?? '0', 16);
  const kind = kindOf({
    files: new Set(machine.listNow(folder)),
    type: whole(read('type')) ?? 0,
    devtype: /^DEVTYPE=(.*)$/m.exec(read('uevent') ?? '')?.[1] ?? '',
    linked: (whole(read('iflink')) ?? index) !== index,
    isVlan: beside.vlan !== null,
  });
  // These two ask the driver, which may wait for its lock: not at once. What lies in memory only says whatever its author liked.
  const asked = !HAS_SPEED.has(kind)
    ? [null, null]
    : await Promise.all([machine.read(`${folder}/speed`), machine.read(`${folder}/duplex`)]);
  const [speed, duplex] = asked.map((text) => text?.trim() ?? '');
  const speedMbps = whole(speed ?? '') ?? 0;
  return {
    name,
    index,
    kind,
    adminUp: (flags & IFF_UP) !== 0,
    operState: (read('operstate') ?? 'unknown').slice(0, 20),
    speedBps: speedMbps > 0 ? speedMbps * 1e6 : null,
    duplex: duplex === 'full' || duplex === 'half' ? duplex : null,
    mtu: whole(read('mtu')),
    mac: (read('address') ?? '').slice(0, 100),
    master: machine.linkNow(`${folder}/master`)?.split('/').at(-1) ?? null,
    vlan: beside.vlan,
    networkd: beside.hasNetworkd ? networkdOf(machine.readNow(`${NETWORKD}/${index}`)) : null,
    addresses: beside.addresses.slice(0, 64).map((address) => linkAddress(address, (flags & IFF_BROADCAST) !== 0)),
  };
};

interface Signs {
  readonly files: ReadonlySet<string>;
  readonly type: number;
  readonly devtype: string;
  readonly linked: boolean;
  readonly isVlan: boolean;
}

/** Pure: from what lies in its folder. */
export const kindOf = ({ files, type, devtype, linked, isVlan }: Signs): LinkKind => {
  if (type === LOOPBACK) return 'loopback';
  if (files.has('bridge') || devtype === 'bridge') return 'bridge';
  if (files.has('bonding') || devtype === 'bond') return 'bond';
  if (isVlan || devtype === 'vlan') return 'vlan';
  if (files.has('wireless') || files.has('phy80211') || devtype === 'wlan') return 'wireless';
  if (files.has('tun_flags') || TUNNELS.has(type) || TUNNEL_TYPES.has(devtype)) return 'tunnel';
  if (files.has('device')) return 'physical';
  return linked && devtype === '' && type === ETHERNET ? 'veth' : 'virtual';
};

/** `name | id | parent` lines of /proc/net/vlan/config. */
export const parseVlans = (text: string): ReadonlyMap<string, { readonly id: number; readonly parent: string | null }> => {
  const vlans = new Map<string, { id: number; parent: string | null }>();
  for (const line of text.split('\n').slice(2)) {
    const [name, id, parent] = line.split('|').map((word) => word.trim());
    const number = whole(id ?? '');
    if (name !== undefined && name !== '' && number !== null)
      vlans.set(name, { id: number, parent: parent === '' ? null : (parent ?? null) });
  }
  return vlans;
};

const networkdOf = (text: string | null): Link['networkd'] => {
  if (text === null) return null;
  const value = (key: string): string | null => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? null;
  return { state: (value('ADMIN_STATE') ?? 'unknown').slice(0, 40), file: value('NETWORK_FILE')?.slice(0, 255) ?? null };
};

const linkAddress = ({ family, address, mask, prefix }: InterfaceAddress, canBroadcast: boolean): LinkAddress => ({
  family,
  address,
  mask,
  prefix,
  broadcast: family === 'v4' && canBroadcast ? broadcastOf(address, prefix) : null,
});

/** The highest address of its network; null where that has no room for one (RFC 3021). */
export const broadcastOf = (address: string, prefix: number): string | null => {
  if (prefix > 30) return null;
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const rest = 2 ** (32 - prefix);
  const highest = Math.floor(number / rest) * rest + rest - 1;
  return [24, 16, 8, 0].map((shift) => Math.floor(highest / 2 ** shift) % 256).join('.');
};

const whole = (text: string | null): number | null => (text !== null && /^-?\d+$/.test(text) ? Number(text) : null);
