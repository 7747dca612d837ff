/** Of one core, in JavaScript. */
const BUSY = 0.08;
const SHORTEST_LOOK_MS = 900;
const BUSY_LOOKS = 5;

/**
 * V8's optimising compilers take five megabytes in each process, and pay only where much is computed: the executable starts without them
 * (packaging/build/executable.ts). To be called every second or so: a process that is busy at several looks in a row gets them, for good.
 */
export const makeCompilersWhenBusy = (nowMs: () => number, usedMs = userMs, switchOn = switchCompilersOn): (() => void) => {
  let looked = { atMs: nowMs(), usedMs: usedMs() };
  let busyLooks = 0;
  return () => {
    const atMs = nowMs();
    const elapsedMs = atMs - looked.atMs;
    if (busyLooks === BUSY_LOOKS || elapsedMs < SHORTEST_LOOK_MS) return;
    const used = usedMs();
    busyLooks = used - looked.usedMs > elapsedMs * BUSY ? busyLooks + 1 : 0;
    looked = { atMs, usedMs: used };
    if (busyLooks === BUSY_LOOKS) switchOn();
  };
};

const userMs = (): number => process.cpuUsage().user / 1_000;

const switchCompilersOn = (): void => {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8'); // not imported before it is needed: it is large
  for (const flag of ['--maglev', '--turbofan']) setFlagsFromString(flag);
};
