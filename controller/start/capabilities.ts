import { readFileSync } from 'node:fs';

/** Bit of CAP_NET_RAW in CapEff (capabilities(7)). */
const CAP_NET_RAW = 13n;

/** Why this process may not open raw sockets and what mends it; null when it may. The agent's processes inherit what this one has. */
export const rawSocketProblem = (
  command: string,
  status = readFileSync('/proc/self/status', 'utf8'),
  uid = process.getuid?.() ?? 0,
  gid = process.getgid?.() ?? 0,
): string | null => {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  if (((effective >> CAP_NET_RAW) & 1n) === 1n) return null;
  if (uid === 0)
    return 'root has no CAP_NET_RAW here, so ICMP cannot be measured: give it to the container (docker run --cap-add NET_RAW) and start again.';
  return [
    'ICMP needs raw sockets, which this user may not open. Everything else works. To measure, start it with that one privilege:',
    `  sudo setpriv --reuid=${uid} --regid=${gid} --init-groups --inh-caps=+net_raw --ambient-caps=+net_raw ${command}`,
  ].join('\n');
};
