import { createSocket, type Socket } from 'node:dgram';
import type { DatagramSocket } from 'net-snmp';

/** What happened on the wire, for the poll's figures. */
export interface Wire {
  requests: number;
  answers: number;
  answerBytes: number;
  /** Bytes of the newest answer. */
  lastBytes: number;
  /** Datagrams that were no answer at all: garbage, or something that net-snmp cannot read. */
  garbage: number;
}

export const makeWire = (): Wire => ({ requests: 0, answers: 0, answerBytes: 0, lastBytes: 0, garbage: 0 });

/** Lets a datagram leave, now or when its turn comes (null), or says why not: the host's guard rails. */
export type Permit = () => Promise<string | null>;

/**
 * A UDP socket for one device, as net-snmp wants one. It is connected, so that the kernel hands over answers from the address and port that
 * were asked and drops all others, and says at once when nobody listens there. A handler that throws at a garbled answer ends nothing.
 */
export const openWireSocket = (type: 'udp4' | 'udp6', port: number, address: string, wire: Wire, permit: Permit): DatagramSocket => {
  const socket: Socket = createSocket(type);
  let connected: Promise<void> | null = null;
  let closed = false;
  const connect = (): Promise<void> => {
    connected ??= new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(port, address, () => {
        socket.removeListener('error', reject);
        resolve();
      });
    });
    return connected;
  };
  // ECONNREFUSED of an earlier datagram comes as an event; the request that waits runs into its timeout, as with a silent device.
  socket.on('error', () => {});
  return {
    on(event, handler) {
      // Border: net-snmp's handlers take what dgram gives.
      const call = handler as (...values: unknown[]) => void;
      if (event === 'message')
        socket.on('message', (message, from) => {
          if (from.port !== port) return;
          wire.answers += 1;
          wire.answerBytes += message.length;
          wire.lastBytes = message.length;
          try {
            call(message, from);
          } catch {
            wire.garbage += 1;
          }
        });
      else if (event === 'close') socket.on('close', () => call());
      return undefined;
    },
    send(buffer, offset, length, _port, _address, done) {
      const send = async (): Promise<void> => {
        const held = await permit();
        if (held !== null) return done(new Error(held));
        await connect();
        if (closed) return;
        wire.requests += 1;
        socket.send(buffer, offset, length, (error) => done(error));
      };
      send().catch((error: unknown) => done(error instanceof Error ? error : new Error(String(error))));
    },
    close() {
      closed = true;
      socket.close();
    },
    ref: () => void socket.ref(),
    unref: () => void socket.unref(),
    bind() {},
  };
};
