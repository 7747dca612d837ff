import type { OwnProcess } from '../../../protocol/probes/host.ts';
import type { Machine } from './machine.ts';
import { parseProcessStatus, parseProcessTimes } from './proc.ts';

/** What the agent's own processes take of the machine. */
export class OwnProcesses {
  readonly #machine: Machine;
  #before = new Map<number, { readonly cpuS: number; readonly atMs: number }>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  read(nowMs: number): OwnProcess[] {
    const next = new Map<number, { readonly cpuS: number; readonly atMs: number }>();
    const all = this.#machine.own().flatMap(({ name, pid }): OwnProcess[] => {
      const stat = this.#machine.readNow(`/proc/${pid}/stat`);
      const status = this.#machine.readNow(`/proc/${pid}/status`);
      if (stat === null || status === null) return [];
      const { userS, systemS } = parseProcessTimes(stat);
      const cpuS = userS + systemS;
      const before = this.#before.get(pid);
      const passedMs = before === undefined ? 0 : nowMs - before.atMs;
      const cpuPercent = before === undefined || passedMs <= 0 ? null : Math.max(0, (100_000 * (cpuS - before.cpuS)) / passedMs);
      next.set(pid, { cpuS, atMs: nowMs });
      return [{ name, pid, cpuPercent, ...parseProcessStatus(status), cpuUserS: userS, cpuSystemS: systemS }];
    });
    this.#before = next;
    return all;
  }
}
