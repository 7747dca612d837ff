import { readdirSync, readlinkSync } from 'node:fs';
import raw from 'raw-socket';
import type { Family } from './packet.ts';

// One raw ICMP socket, used below raw-socket's own queue: its `wrap` sends and receives at once, which halves the cost of a packet.

export interface IcmpSocket {
  readonly family: Family;
  /** Of the socket, as /proc/net/raw names it; null when it cannot be found. */
  readonly inode: string | null;
  /** Whether the kernel says when a packet came. Otherwise it is when `receive` took it. */
  readonly stamped: boolean;
  /** Sends now. '' or why the kernel refused. TTL and DSCP are set when they differ from the last packet's. */
  send(packet: Buffer, address: string, ttl: number, dscp: number): string;
  /** Takes one packet if there is one; false when there is none. The `packet` event runs before it returns. */
  receive(): boolean;
  /** Whether the `readable` event is wanted. Without it packets wait in the socket; when they came is known all the same. */
  listen(on: boolean): void;
  close(): void;
}

export interface SocketEvents {
  /** The socket has packets: call `receive` until it says false. */
  readable(socket: IcmpSocket): void;
  /** `arrivedMs`: CLOCK_MONOTONIC; the kernel's time of it, when the socket is stamped. */
  packet(socket: IcmpSocket, bytes: Buffer, length: number, source: string, arrivedMs: number): void;
  broken(socket: IcmpSocket, error: Error): void;
}

export type Opened =
  | { readonly ok: true; readonly socket: IcmpSocket }
  | { readonly ok: false; readonly reason: 'no-permission' | 'no-family'; readonly detail: string };

/** From <linux/...>: raw-socket names only some of them. */
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_SNDBUF = 7;
const SO_RCVBUFFORCE = 33;
const SO_TIMESTAMPNS = 35;
const SOL_RAW = 255;
const ICMP_FILTER = 1;
const IPPROTO_ICMPV6 = 58;
const ICMP6_FILTER = 1;
const OPTIONS = { v4: { level: 0, ttl: 2, tos: 1 }, v6: { level: 41, ttl: 16, tos: 67 } } as const;
/** Room for some 10,000 small packets (the kernel counts about 800 bytes for each): a stall of 250 ms at 40,000 a second. */
const RECEIVE_BYTES = 8 * 1024 * 1024;
const SEND_BYTES = 1024 * 1024;
const LARGEST_PACKET = 2_048;

/** Opens the socket of a family. Throws only for what is neither a missing permission nor a missing family. */
export const openIcmpSocket = (family: Family, events: SocketEvents): Opened => {
  const before = socketInodes();
  try {
    const socket = raw.createSocket({
      protocol: family === 'v4' ? raw.Protocol.ICMP : raw.Protocol.ICMPv6,
      addressFamily: family === 'v4' ? raw.AddressFamily.IPv4 : raw.AddressFamily.IPv6,
    });
    const inode = socketInodes().find((one) => !before.includes(one)) ?? null;
    return { ok: true, socket: drive(family, socket.wrap, inode, events) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    if (detail === 'Operation not permitted') return { ok: false, reason: 'no-permission', detail };
    if (/not supported/i.test(detail)) return { ok: false, reason: 'no-family', detail };
    throw new Error(`open the raw ICMP${family} socket`, { cause: error });
  }
};

const drive = (family: Family, wrap: raw.SocketWrap, inode: string | null, events: SocketEvents): IcmpSocket => {
  const options = OPTIONS[family];
  const buffer = Buffer.alloc(LARGEST_PACKET);
  let lastTtl = -1;
  let lastDscp = -1;
  let listening = true;
  let took = false;
  const stamp = new Float64Array(buffer.buffer, buffer.byteOffset + LARGEST_PACKET - Float64Array.BYTES_PER_ELEMENT, 1);
  const taken = (bytes: Buffer, length: number, source: string): void => {
    took = length > 0; // packaging/stamped-receive.h: an empty socket gives 0 bytes
    if (took) events.packet(self, bytes, length, source, stamp[0] ?? 0);
  };
  const self: IcmpSocket = {
    family,
    inode,
    stamped: askForStamps(wrap),
    send: (packet, address, ttl, dscp) => {
      try {
        if (ttl !== lastTtl) wrap.setOption(options.level, options.ttl, ttl);
        lastTtl = ttl;
        if (dscp !== lastDscp) wrap.setOption(options.level, options.tos, dscp << 2);
        lastDscp = dscp;
        wrap.send(packet, 0, packet.length, address, nothing);
        return '';
      } catch (error) {
        return sendErrorName(error);
      }
    },
    receive: () => {
      wrap.recv(buffer, taken);
      return took;
    },
    listen: (on) => {
      if (on !== listening) wrap.pause(!on, true);
      listening = on;
    },
    close: () => wrap.close(),
  };
  size(wrap);
  filter(family, wrap);
  // The addon calls wrap.emit for every event; our own skips two layers of EventEmitter. The property also keeps `self` and `wrap` alive
  // together: raw-socket closes a socket that nothing refers to.
  wrap.emit = (event, argument) => {
    if (event === 'recvReady') events.readable(self);
    else if (event === 'error') events.broken(self, argument instanceof Error ? argument : new Error(String(argument)));
  };
  return self;
};

const nothing = (): void => undefined;

const int32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value);
  return buffer;
};

const askForStamps = (wrap: raw.SocketWrap): boolean => {
  try {
    wrap.setOption(SOL_SOCKET, SO_TIMESTAMPNS, int32(1), 4);
    return true;
  } catch {
    return false; // qemu's user mode, gVisor
  }
};

const size = (wrap: raw.SocketWrap): void => {
  try {
    wrap.setOption(SOL_SOCKET, SO_RCVBUFFORCE, int32(RECEIVE_BYTES), 4);
  } catch {
    wrap.setOption(SOL_SOCKET, SO_RCVBUF, int32(RECEIVE_BYTES), 4); // without CAP_NET_ADMIN: as much as net.core.rmem_max allows
  }
  wrap.setOption(SOL_SOCKET, SO_SNDBUF, int32(SEND_BYTES), 4);
};

/** Lets replies and errors through and nothing else: a busy host's own requests would wake us for nothing. A set bit blocks. */
const filter = (family: Family, wrap: raw.SocketWrap): void => {
  const passing = family === 'v4' ? [0, 3, 4, 11, 12] : [1, 2, 3, 4, 129];
  const mask = Buffer.alloc(family === 'v4' ? 4 : 32, 0xff);
  for (const type of passing) mask.writeUInt32LE((mask.readUInt32LE((type >> 5) * 4) & ~(1 << (type & 31))) >>> 0, (type >> 5) * 4);
  if (family === 'v4') wrap.setOption(SOL_RAW, ICMP_FILTER, mask, 4);
  else wrap.setOption(IPPROTO_ICMPV6, ICMP6_FILTER, mask, 32);
};

const SEND_ERRORS: Record<string, string> = {
  'Network is unreachable': 'no-route',
  'No route to host': 'no-route',
  'Operation not permitted': 'not-permitted',
  'Permission denied': 'not-permitted',
  'No buffer space available': 'no-buffer',
  'Resource temporarily unavailable': 'no-buffer',
  'Message too long': 'too-long',
  'Network is down': 'network-down',
  'Invalid argument': 'invalid-address',
  'Cannot assign requested address': 'no-source-address',
};
/** The addon has only strerror's text; ours are the stable names. */
const sendErrorName = (error: unknown): string => `send-${SEND_ERRORS[error instanceof Error ? error.message : ''] ?? 'failed'}`;

const socketInodes = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1] ?? ''].filter(Boolean);
    } catch {
      return []; // the directory's own descriptor, closed meanwhile
    }
  });
