import { readFileSync } from 'node:fs';
import { PACKAGED, PROGRAM } from './program.ts';

/** Bit of CAP_NET_RAW in CapEff (capabilities(7)). */
const CAP_NET_RAW = 13n;

/** Whether this process may open raw sockets, by what the kernel says of it. */
export const hasNetRaw = (status = readFileSync('/proc/self/status', 'utf8')): boolean =>
  ((BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`) >> CAP_NET_RAW) & 1n) === 1n;

/** What gives this program CAP_NET_RAW: for good, or for one start with nothing changed on disk. */
export const noRawFix = (): string =>
  PACKAGED
    ? 'systemctl start sonde-agent (its unit has CAP_NET_RAW); in a container: --cap-add NET_RAW; elsewhere, as root: ' +
      `setcap cap_net_raw+ep ${process.execPath}`
    : `setcap cap_net_raw+ep ${process.execPath}   (as root; lost at the next npm ci)\n    or: sudo setpriv --reuid=$(id -u) --regid=$(id -g) --init-groups --inh-caps=+net_raw --ambient-caps=+net_raw ${PROGRAM} run`;
