// The devices of `bench -- snmp`, in a process of their own: argv is how many, of how many one is dead, and one slow. Tells its ports, then its counts.
import { mibOf } from '../helpers/snmp-device.ts';
import { makeTable, openResponder, type Responder } from '../helpers/snmp-responder.ts';

const PORTS = 48;
const SLOW_MS = 4_000;
const [count = 500, oneIn = 20] = process.argv.slice(2).map(Number);

const started = Date.now();
const seconds = (): number => (Date.now() - started) / 1_000;
const ports = Array.from({ length: PORTS }, (_, i) => ({
  index: i + 1,
  name: `GigabitEthernet1/0/${i + 1}`,
  alias: `customer ${i + 1}`,
  physAddress: `02:00:00:00:00:${(i + 1).toString(16).padStart(2, '0')}`,
  get inOctets() {
    return BigInt(Math.floor(10 ** 15 + seconds() * 1e6 * (i + 1)));
  },
  get outOctets() {
    return BigInt(Math.floor(2 * 10 ** 15 + seconds() * 5e5 * (i + 1)));
  },
}));
// One table for all: what is measured is who asks, and memory is not.
const table = makeTable(mibOf({ sysName: 'bench', upTimeCs: () => Math.floor(seconds() * 100) + 1_000_000, ports }));

const kindOf = (i: number): 'dead' | 'slow' | 'healthy' => (i % oneIn === 1 ? 'dead' : i % oneIn === 2 ? 'slow' : 'healthy');
const devices: { readonly kind: ReturnType<typeof kindOf>; readonly responder: Responder }[] = [];
for (let i = 0; i < count; i += 1) {
  const kind = kindOf(i);
  const faults = kind === 'dead' ? { dropTenths: 10 } : kind === 'slow' ? { delayMs: SLOW_MS } : {};
  devices.push({ kind, responder: await openResponder(table, faults) });
}
process.send?.({ ports: devices.map(({ kind, responder }) => ({ kind, port: responder.port })) });
process.on('message', () => {
  const variables = devices.reduce((sum, { responder }) => sum + responder.variables, 0);
  const requests = devices.reduce((sum, { responder }) => sum + responder.requests, 0);
  process.send?.({ variables, requests });
});
process.on('disconnect', () => process.exit(0));
