import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

export interface DeviceAddress {
  readonly address: string;
  readonly port: number;
}

/** What happened on the wire, for the poll's figures. */
export interface Wire {
  requests: number;
  answers: number;
  /** Bytes of the newest answer. */
  lastBytes: number;
  /** Datagrams that were no answer at all. */
  garbage: number;
  /** SNMPv3 answers that are less secure than their request. */
  unsigned: number;
}

export const makeWire = (): Wire => ({ requests: 0, answers: 0, lastBytes: 0, garbage: 0, unsigned: 0 });

/** Lets a datagram leave, now or when its turn comes (null), or says why not: the host's guard rails. */
export type Permit = () => string | null | Promise<string | null>;

export interface WireSocket {
  send(datagram: Uint8Array): void;
  close(): void;
}

/**
 * A UDP socket for one device. It is connected, so that the kernel hands over answers from the address and port that were asked and drops
 * all others, and says at once when nobody listens there: `onError`, with the code.
 */
export const openWireSocket = (
  { address, port }: DeviceAddress,
  wire: Wire,
  onMessage: (datagram: Buffer) => void,
  onError: (code: string) => void,
): WireSocket => {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const waiting: Uint8Array[] = [];
  let state: 'new' | 'connecting' | 'connected' | 'closed' = 'new';
  socket.on('error', (error) => {
    if (state !== 'closed') onError('code' in error ? String(error.code) : error.message);
  });
  socket.on('message', (datagram, from) => {
    if (from.port !== port) return;
    wire.answers += 1;
    wire.lastBytes = datagram.length;
    onMessage(datagram);
  });
  const sendNow = (datagram: Uint8Array): void => {
    wire.requests += 1;
    socket.send(datagram, (error) => {
      if (error !== null && state !== 'closed') onError('code' in error ? String(error.code) : error.message);
    });
  };
  return {
    send(datagram) {
      if (state === 'connected') return sendNow(datagram);
      if (state === 'closed') return;
      waiting.push(datagram);
      if (state === 'connecting') return;
      state = 'connecting';
      socket.connect(port, address, () => {
        if (state === 'closed') return;
        state = 'connected';
        for (const early of waiting.splice(0)) sendNow(early);
      });
    },
    close() {
      if (state === 'closed') return;
      state = 'closed';
      socket.close();
    },
  };
};
