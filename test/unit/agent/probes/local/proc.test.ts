import t from 'tap';
import {
  cpuUsage,
  parseLoadavg,
  parseMeminfo,
  parseProcessStatus,
  parseProcessTimes,
  parseStat,
} from '../../../../../agent/probes/local/proc.ts';

const STAT = `cpu  100 20 300 4000 50 6 7 8 9 1
cpu0 50 10 150 2000 25 3 3 4 5 1
cpu1 50 10 150 2000 25 3 4 4 4 0
intr 1 2 3
ctxt 12345
procs_running 3
procs_blocked 1
`;

t.test('/proc/stat: processors, running and blocked', async (t) => {
  t.match(parseStat(STAT), { cpus: 2, running: 3, blocked: 1, times: { user: 100, idle: 4_000, steal: 8, guestNice: 1 } });
  t.equal(parseStat('nothing of it'), null);
});

t.test('processor shares are of the time between, add up to all, and a clock that goes back is no time', async (t) => {
  const before = parseStat(STAT)?.times;
  const now = parseStat(STAT.replace('100 20 300 4000 50', '160 20 320 4020 40'))?.times;
  if (before === undefined || now === undefined) throw new Error('not parsed');

  t.match(cpuUsage(before, now), { user: 60, system: 20, idle: 20, iowait: 0 });
  t.equal(cpuUsage(now, now), null);
});

t.test('time of guests is told once', async (t) => {
  const before = parseStat('cpu  0 0 0 0 0 0 0 0 0 0\n')?.times;
  const now = parseStat('cpu  80 0 0 20 0 0 0 0 60 0\n')?.times;
  if (before === undefined || now === undefined) throw new Error('not parsed');
  t.match(cpuUsage(before, now), { user: 20, guest: 60, idle: 20 });
});

t.test('/proc/meminfo: bytes under plain names, of what anybody looks at', async (t) => {
  const text = 'MemTotal:       16384 kB\nMemAvailable:   8192 kB\nActive(anon):  12 kB\nHugePages_Total:       0\nSReclaimable:  4 kB\n';
  t.same(parseMeminfo(text), { mem_total: 16_777_216, mem_available: 8_388_608, sreclaimable: 4_096 });
});

t.test('load, and the times of a process whose name is a trap', async (t) => {
  t.same(parseLoadavg('0.42 0.40 1.36 2/412 20734\n'), { load: { one: 0.42, five: 0.4, fifteen: 1.36 }, tasks: 412 });
  const stat = '4242 (a) S 1 2) R 1 4242 4242 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 11 0 5000 1 2';
  t.same(parseProcessTimes(stat), { userS: 2.5, systemS: 0.5 });
  t.same(parseProcessStatus('Name:\tnode\nVmRSS:\t   50000 kB\nThreads:\t11\n'), { rssBytes: 51_200_000, threads: 11 });
});
