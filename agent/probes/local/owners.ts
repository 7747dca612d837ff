import type { Listener } from '../../../protocol/probes/host.ts';
import type { Machine } from './machine.ts';

type Owner = Listener['process'];

/** A socket whose process could not be read is looked for again only this often: it takes a walk through all processes. */
const AGAIN_MS = 600_000;

/** Which process has which socket, from the links in /proc/PID/fd. Only sockets that are new make it look. */
export class Owners {
  readonly #machine: Machine;
  readonly #monotonicMs: () => number;
  #known = new Map<string, { readonly owner: Owner; readonly atMs: number }>();

  constructor(machine: Machine, monotonicMs: () => number) {
    this.#machine = machine;
    this.#monotonicMs = monotonicMs;
  }

  /** By inode; null where it may not be read. Lets others go on after each process. */
  async of(inodes: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Owner>> {
    const nowMs = this.#monotonicMs();
    const wanted = new Set(inodes.filter((inode) => this.#isUnknown(inode, nowMs)));
    const found = wanted.size === 0 ? new Map<string, Owner>() : await this.#search(wanted, signal);
    const known = new Map<string, { readonly owner: Owner; readonly atMs: number }>();
    for (const inode of inodes) {
      const old = this.#known.get(inode);
      known.set(inode, wanted.has(inode) || old === undefined ? { owner: found.get(inode) ?? null, atMs: nowMs } : old);
    }
    this.#known = known;
    return new Map(Array.from(known, ([inode, { owner }]) => [inode, owner]));
  }

  #isUnknown(inode: string, nowMs: number): boolean {
    const known = this.#known.get(inode);
    return known === undefined || (known.owner === null && nowMs - known.atMs >= AGAIN_MS);
  }

  /** What it calls itself; a program that names its threads after itself (node-MainThread) goes by its own name. */
  #nameOf(pid: string): string {
    const comm = this.#machine.readNow(`/proc/${pid}/comm`)?.trim() ?? '';
    const program = this.#machine.linkNow(`/proc/${pid}/exe`)?.split('/').at(-1) ?? '';
    return (program !== '' && comm.startsWith(`${program}-`) ? program : comm).slice(0, 64);
  }

  async #search(wanted: ReadonlySet<string>, signal: AbortSignal): Promise<Map<string, Owner>> {
    const found = new Map<string, Owner>();
    for (const pid of await this.#machine.list('/proc')) {
      if (signal.aborted || found.size === wanted.size) break;
      if (!/^\d+$/.test(pid)) continue;
      for (const fd of await this.#machine.list(`/proc/${pid}/fd`)) {
        const inode = /^socket:\[(\d+)\]$/.exec(this.#machine.linkNow(`/proc/${pid}/fd/${fd}`) ?? '')?.[1];
        if (inode === undefined || !wanted.has(inode) || found.has(inode)) continue;
        found.set(inode, { pid: Number(pid), name: this.#nameOf(pid) });
      }
    }
    return found;
  }
}
