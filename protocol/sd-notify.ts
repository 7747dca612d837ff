// What a service of Type=notify says to systemd, as in sd_notify(3): one datagram each, on a socket that Node itself cannot speak.
import { type Clock, slept } from './time.ts';

/** From the environment that systemd gives a service. */
export interface ServiceManager {
  /** A path, or an abstract name that begins with @. */
  readonly socket: string;
  /** It wants to hear from us at least this often; null: it does not watch. */
  readonly watchdogMs: number | null;
}

/** null: nobody waits to hear anything. Pure. */
export const serviceManagerIn = (environment: Readonly<Record<string, string | undefined>>): ServiceManager | null => {
  const socket = environment['NOTIFY_SOCKET'];
  const watchdogUs = Number(environment['WATCHDOG_USEC']);
  return socket === undefined || !/^[/@]/.test(socket) ? null : { socket, watchdogMs: watchdogUs > 0 ? watchdogUs / 1000 : null };
};

/** READY now, then a sign of life while the event loop turns, STOPPING at the end. Resolves when the signal aborts; rejects when nothing can be said. */
export const keepTelling = async (manager: ServiceManager, clock: Clock, status: () => string, signal: AbortSignal): Promise<void> => {
  const tell = await openNotify(manager.socket);
  tell(`READY=1\nSTATUS=${status()}`);
  const everyMs = manager.watchdogMs === null ? STATUS_EVERY_MS : Math.min(manager.watchdogMs / 3, STATUS_EVERY_MS);
  while (await slept(clock, everyMs, signal)) tell(`WATCHDOG=1\nSTATUS=${status()}`);
  tell('STOPPING=1');
};

const STATUS_EVERY_MS = 20_000;
/** From <linux/...>. */
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_NOSIGNAL = 0x4000;

const openNotify = async (socket: string): Promise<(text: string) => void> => {
  const { dlopen } = await import('node:ffi'); // the executable of the package has it switched on
  const { functions: libc } = dlopen('libc.so.6', {
    socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
    sendto: { arguments: ['i32', 'buffer', 'u64', 'i32', 'buffer', 'u32'], return: 'i64' },
  });
  const bytes = new TextEncoder();
  const file = libc.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (file < 0) throw new Error('sd_notify: no Unix socket to be had');
  const name = bytes.encode(socket.startsWith('@') ? `\0${socket.slice(1)}` : `${socket}\0`);
  const address = new Uint8Array([AF_UNIX, 0, ...name]);
  return (text) => {
    const message = bytes.encode(text);
    libc.sendto(file, message, BigInt(message.length), MSG_NOSIGNAL, address, address.length); // a manager that is gone needs no words
  };
};
