import type { CpuUsage, HostSample } from '../../../protocol/probes/host.ts';

// Texts of /proc to figures (proc(5)). Pure.

/** Clock ticks of all processors since the boot, in the order of /proc/stat's first line. */
export interface CpuTimes {
  readonly user: number;
  readonly nice: number;
  readonly system: number;
  readonly idle: number;
  readonly iowait: number;
  readonly irq: number;
  readonly softirq: number;
  readonly steal: number;
  readonly guest: number;
  readonly guestNice: number;
}

export interface Stat {
  readonly times: CpuTimes;
  readonly cpus: number;
  readonly running: number;
  readonly blocked: number;
}

/** null when it is no /proc/stat. */
export const parseStat = (text: string): Stat | null => {
  const first = /^cpu +(.*)$/m.exec(text)?.[1];
  if (first === undefined) return null;
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0, guest = 0, guestNice = 0] = first
    .split(/ +/)
    .map(Number);
  return {
    times: { user, nice, system, idle, iowait, irq, softirq, steal, guest, guestNice },
    cpus: Math.max(1, text.match(/^cpu\d+ /gm)?.length ?? 1),
    running: numberAfter(text, 'procs_running'),
    blocked: numberAfter(text, 'procs_blocked'),
  };
};

/** Shares of the time between two readings; guests' time is in user and nice too, and told once. null when no time passed. */
export const cpuUsage = (before: CpuTimes, now: CpuTimes): CpuUsage | null => {
  const passed = (name: keyof CpuTimes): number => Math.max(0, now[name] - before[name]); // iowait may go back
  const spent = {
    user: Math.max(0, passed('user') - passed('guest')),
    nice: Math.max(0, passed('nice') - passed('guestNice')),
    system: passed('system'),
    idle: passed('idle'),
    iowait: passed('iowait'),
    irq: passed('irq'),
    softirq: passed('softirq'),
    steal: passed('steal'),
    guest: passed('guest'),
    guestNice: passed('guestNice'),
  };
  const all = Object.values(spent).reduce((sum, ticks) => sum + ticks, 0);
  if (all <= 0) return null;
  const share = (ticks: number): number => Math.min(100, (100 * ticks) / all);
  return {
    user: share(spent.user),
    system: share(spent.system),
    idle: share(spent.idle),
    nice: share(spent.nice),
    iowait: share(spent.iowait),
    irq: share(spent.irq),
    softirq: share(spent.softirq),
    steal: share(spent.steal),
    guest: share(spent.guest),
    guestNice: share(spent.guestNice),
  };
};

/** What of the sixty lines is looked at by anybody. */
const MEMORY =
  /^(MemTotal|MemFree|MemAvailable|Buffers|Cached|Active|Inactive|Dirty|Slab|SReclaimable|Committed_AS|SwapTotal|SwapFree): +(\d+) kB$/gm;

/** Bytes by name, as `mem_available`. */
export const parseMeminfo = (text: string): Record<string, number> => {
  const memory: Record<string, number> = {};
  for (const [, name = '', kilobytes = ''] of text.matchAll(MEMORY)) memory[snakeCase(name)] = Number(kilobytes) * 1024;
  return memory;
};

const snakeCase = (name: string): string => name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

/** `0.42 0.40 0.36 2/412 20734`: load and the number of tasks. */
export const parseLoadavg = (text: string): { readonly load: HostSample['load']; readonly tasks: number } => {
  const [one = 0, five = 0, fifteen = 0] = text.split(' ').slice(0, 3).map(Number);
  return { load: { one, five, fifteen }, tasks: Number(/\d+\/(\d+)/.exec(text)?.[1] ?? 0) };
};

/** Seconds since the boot, suspends included. */
export const parseUptime = (text: string): number => Number.parseFloat(text) || 0;

/** CPU seconds of a process out of /proc/PID/stat; its name, in brackets, may hold anything. */
export const parseProcessTimes = (text: string): { readonly userS: number; readonly systemS: number } => {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { userS: Number(fields[11] ?? 0) / TICKS_PER_SECOND, systemS: Number(fields[12] ?? 0) / TICKS_PER_SECOND };
};

/** USER_HZ: the same on every Linux that this runs on. */
const TICKS_PER_SECOND = 100;

/** VmRSS and Threads out of /proc/PID/status. */
export const parseProcessStatus = (text: string): { readonly rssBytes: number; readonly threads: number } => ({
  rssBytes: numberAfter(text, 'VmRSS:') * 1024,
  threads: numberAfter(text, 'Threads:'),
});

const numberAfter = (text: string, word: string): number => {
  const at = text.startsWith(word) ? 0 : text.indexOf(`\n${word}`) + 1;
  return at === 0 && !text.startsWith(word) ? 0 : Number.parseInt(text.slice(at + word.length), 10) || 0;
};
