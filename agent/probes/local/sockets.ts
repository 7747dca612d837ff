import { type EphemeralPorts, type Listener, MOST_LISTENERS, type SocketSample, TCP_STATES } from '../../../protocol/probes/host.ts';
import type { Machine } from './machine.ts';
import { Owners } from './owners.ts';
import { addressOf, CLOSE, LISTEN, parseSocketLine, type SocketRow, tcpState } from './socket-table.ts';

/** More than this is not looked at in one round: a host with a million connections must not be held up by being looked at. */
const MOST_SOCKETS = 200_000;

/** Connections by state, listeners and ephemeral ports, from /proc; nothing is run. Lets others go on between pieces of the tables. */
export class Sockets {
  readonly #machine: Machine;
  readonly #owners: Owners;

  constructor(machine: Machine, monotonicMs: () => number) {
    this.#machine = machine;
    this.#owners = new Owners(machine, monotonicMs);
  }

  async look(signal: AbortSignal): Promise<SocketSample> {
    const range = readRange(this.#machine);
    const tally = new Tally(range);
    for (const table of ['tcp', 'tcp6', 'udp', 'udp6'] as const) {
      for await (const piece of this.#machine.pieces(`/proc/net/${table}`)) {
        if (signal.aborted || tally.isFull) break;
        tally.add(table.startsWith('tcp') ? 'tcp' : 'udp', piece);
      }
    }
    const owners = await this.#owners.of(
      tally.listeners.map(({ inode }) => inode),
      signal,
    );
    const listeners = tally.listeners.map(({ inode, ...listener }): Listener => ({ ...listener, process: owners.get(inode) ?? null }));
    return { tcp: tally.states, udp: tally.udp, cut: tally.isFull, listeners, ephemeral: tally.ephemeral() };
  }
}

interface Range {
  readonly low: number;
  readonly high: number;
  readonly reserved: ReadonlySet<number>;
}

const readRange = (machine: Machine): Range | null => {
  const words = machine.readNow('/proc/sys/net/ipv4/ip_local_port_range')?.trim().split(/\s+/).map(Number) ?? [];
  const [low, high] = words;
  if (low === undefined || high === undefined || !(low > 0 && high >= low)) return null;
  return { low, high, reserved: parsePorts(machine.readNow('/proc/sys/net/ipv4/ip_local_reserved_ports') ?? '') };
};

/** `8080,9148-9150` */
export const parsePorts = (text: string): ReadonlySet<number> => {
  const ports = new Set<number>();
  for (const part of text.trim().split(',')) {
    const [from = Number.NaN, to = from] = part.split('-').map((word) => (word === '' ? Number.NaN : Number(word)));
    for (let port = from; port <= Math.min(to, 65_535); port += 1) ports.add(port);
  }
  return ports;
};

/** What is counted while the tables go by. */
export class Tally {
  readonly states: Record<(typeof TCP_STATES)[number], number> = zeroStates();
  readonly listeners: (Omit<Listener, 'process'> & { readonly inode: string })[] = [];
  readonly #range: Range | null;
  readonly #listening = new Set<number>();
  readonly #ports = new Map<number, number>();
  readonly #destinations = new Map<string, { readonly row: SocketRow; used: number }>();
  #sockets = 0;
  udp = 0;

  constructor(range: Range | null) {
    this.#range = range;
  }

  get isFull(): boolean {
    return this.#sockets >= MOST_SOCKETS;
  }

  /** Whole lines of one table. */
  add(protocol: 'tcp' | 'udp', text: string): void {
    for (const line of text.split('\n')) {
      const row = line === '' ? null : parseSocketLine(line);
      if (row === null) continue;
      this.#sockets += 1;
      if (protocol === 'tcp') this.#addTcp(row);
      else this.#addUdp(row);
    }
  }

  #addTcp(row: SocketRow): void {
    const state = tcpState(row.state);
    if (state !== undefined) this.states[state] += 1;
    if (row.state === LISTEN) {
      this.#listening.add(row.localPort);
      this.#listen('tcp', row);
    } else if (this.#isEphemeral(row.localPort)) this.#use(row);
  }

  #addUdp(row: SocketRow): void {
    this.udp += 1;
    if (row.state === CLOSE && row.remotePort === 0 && !this.#isEphemeral(row.localPort)) this.#listen('udp', row);
  }

  #listen(protocol: 'tcp' | 'udp', { localHex, localPort: port, uid, inode }: SocketRow): void {
    if (port > 0 && this.listeners.length < MOST_LISTENERS)
      this.listeners.push({ protocol, address: addressOf(localHex), port, uid, inode });
  }

  #use(row: SocketRow): void {
    this.#ports.set(row.localPort, (this.#ports.get(row.localPort) ?? 0) + 1);
    const key = `${row.localHex} ${row.remoteHex} ${row.remotePort} ${this.#listening.has(row.localPort) ? row.localPort : ''}`;
    const destination = this.#destinations.get(key);
    if (destination === undefined) this.#destinations.set(key, { row, used: 1 });
    else destination.used += 1;
  }

  #isEphemeral(port: number): boolean {
    const range = this.#range;
    return range !== null && port >= range.low && port <= range.high && !range.reserved.has(port);
  }

  /** What somebody listens on was not given by the kernel: its connections came from outside. null: the kernel does not tell its range. */
  ephemeral(): EphemeralPorts | null {
    if (this.#range === null) return null;
    const { low, high, reserved } = this.#range;
    const outgoing = [...this.#destinations.values()].filter(({ row }) => !this.#listening.has(row.localPort));
    const worst = outgoing.reduce<{ readonly row: SocketRow; readonly used: number } | null>(
      (most, one) => (most === null || one.used > most.used ? one : most),
      null,
    );
    const inside = [...reserved].filter((port) => port >= low && port <= high).length;
    return {
      low,
      high,
      size: Math.max(1, high - low + 1 - inside),
      used: [...this.#ports.keys()].filter((port) => !this.#listening.has(port)).length,
      worst: worst === null ? null : { address: addressOf(worst.row.remoteHex), port: worst.row.remotePort, used: worst.used },
    };
  }
}

const zeroStates = (): Record<(typeof TCP_STATES)[number], number> => ({
  established: 0,
  syn_sent: 0,
  syn_recv: 0,
  fin_wait1: 0,
  fin_wait2: 0,
  time_wait: 0,
  close: 0,
  close_wait: 0,
  last_ack: 0,
  listen: 0,
  closing: 0,
});
