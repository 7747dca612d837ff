import { readdirSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import raw from 'raw-socket';
import { type Batch, bytesOf, makeBatch, type Slot } from './batch.ts';
import type { Family } from './packet.ts';

// One raw ICMP socket, used below raw-socket's own queue: its `wrap` sends and receives at once, and with packaging/packet-batches.h many packets at a time.

export interface IcmpSocket {
  readonly family: Family;
  /** Of the socket, as /proc/net/raw names it; null when it cannot be found. */
  readonly inode: string | null;
  /** Whether the kernel says when a packet came. Otherwise it is when `receive` took it. */
  readonly stamped: boolean;
  /** Sends the first `count` packets now. Each slot then says when its packet left, or why the kernel refused it. */
  send(batch: Batch, count: number, ttl: number, dscp: number): void;
  /** Takes as many packets as a batch holds; false when that were all. The `packet` events run before it returns. */
  receive(): boolean;
  /** Whether the `readable` event is wanted. Without it packets wait in the socket; when they came is known all the same. */
  listen(on: boolean): void;
  close(): void;
}

export interface SocketEvents {
  /** The socket has packets: call `receive` until it says false. */
  readable(socket: IcmpSocket): void;
  /** The slot is the next packet's when this returns. */
  packet(socket: IcmpSocket, slot: Slot): void;
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
const RECEIVED_AT_ONCE = 64;

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
  const received = makeBatch(RECEIVED_AT_ONCE);
  let lastTtl = -1;
  let lastDscp = -1;
  let listening = true;
  let took = 0;
  const taken = (_buffer: Buffer, count: number): void => {
    took = count;
  };
  const setOptions = (ttl: number, dscp: number): void => {
    if (ttl !== lastTtl) wrap.setOption(options.level, options.ttl, ttl);
    lastTtl = ttl;
    if (dscp !== lastDscp) wrap.setOption(options.level, options.tos, dscp << 2);
    lastDscp = dscp;
  };
  const self: IcmpSocket = {
    family,
    inode,
    stamped: askForStamps(wrap),
    send: (batch, count, ttl, dscp) => {
      try {
        setOptions(ttl, dscp);
      } catch {
        // The higher classes need CAP_NET_ADMIN on some kernels.
        for (const slot of batch.slots.slice(0, count)) slot.numbers[1] = constants.errno.EPERM;
        return;
      }
      wrap.send(batch.bytes, 0, bytesOf(count), '', nothing);
    },
    receive: () => {
      wrap.recv(received.bytes, taken);
      for (let i = 0; i < took; i += 1) {
        const slot = received.slots[i];
        if (slot !== undefined) events.packet(self, slot);
      }
      return took === RECEIVED_AT_ONCE;
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
  ENETUNREACH: 'no-route',
  EHOSTUNREACH: 'no-route',
  EPERM: 'not-permitted',
  EACCES: 'not-permitted',
  ENOBUFS: 'no-buffer',
  EAGAIN: 'no-buffer',
  EMSGSIZE: 'too-long',
  ENETDOWN: 'network-down',
  ENODEV: 'no-interface',
  EINVAL: 'invalid-address',
  EADDRNOTAVAIL: 'no-source-address',
};
/** A stable name for why the kernel refused a packet. */
export const sendErrorName = (errno: number): string => `send-${SEND_ERRORS[getSystemErrorName(-errno)] ?? 'failed'}`;

const socketInodes = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1] ?? ''].filter(Boolean);
    } catch {
      return []; // the directory's own descriptor, closed meanwhile
    }
  });
