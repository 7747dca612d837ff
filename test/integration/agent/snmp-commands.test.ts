import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { DEFAULT_LIMITS_FILE } from '../../../agent/config/guard-rails.ts';
import { mibOf } from '../../helpers/snmp-device.ts';
import { openResponder } from '../../helpers/snmp-responder.ts';

const AGENT = join(import.meta.dirname, '..', '..', '..', 'agent', 'main.ts');

/** A data directory with guard rails and nothing else. */
const directory = (limits = DEFAULT_LIMITS_FILE): string => {
  const made = mkdtempSync(join(tmpdir(), 'sonde-snmp-'));
  writeFileSync(join(made, 'limits.yaml'), limits, { mode: 0o644 });
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
};

const agent = async (data: string, words: readonly string[], input = '') => {
  const child = spawn(process.execPath, [AGENT, 'snmp', ...words, '--data', data, '--limits', join(data, 'limits.yaml')]);
  child.stdin.end(input);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { out, err, code };
};

const device = () =>
  openResponder(mibOf({ sysName: 'sw1', upTimeCs: () => 100, ports: [{ index: 7, name: 'eth7', inOctets: 5n, outOctets: 6n }] }));

t.test('snmp walk: what lies below an OID, and no more', async (t) => {
  await using responder = await device();
  const walked = await agent(directory(), ['walk', '127.0.0.1', '1.3.6.1.2.1.31.1.1.1.1', '--port', String(responder.port)]);
  t.match(walked, { code: 0, out: '1.3.6.1.2.1.31.1.1.1.1.7 = STRING: eth7\n' });
  const all = await agent(directory(), ['walk', '127.0.0.1', '--json', '--access-file', '-'], JSON.stringify({ port: responder.port }));
  const rows = all.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(rows[0], { oid: '1.3.6.1.2.1.1.1.0', type: 'STRING', value: 'a made-up device' });
  t.ok(rows.length > 20, `${rows.length} rows`);
});

t.test('snmp discover: those that answer, named; the others cost only time', async (t) => {
  await using responder = await device();
  const file = JSON.stringify({ port: responder.port, timeoutMs: 200, retries: 0 });
  const found = await agent(directory(), ['discover', '127.0.0.1', '127.0.0.99', '--json', '--access-file', '-'], file);
  t.match(found, { code: 0, err: /1 of 2 answered/ });
  t.match(JSON.parse(found.out), { address: '127.0.0.1', name: 'sw1', objectId: '1.3.6.1.4.1.99999.1' });
});

t.test('snmp walk: the guard rails hold for people too', async (t) => {
  await using responder = await device();
  const words = ['walk', '127.0.0.1', '--port', String(responder.port)];
  t.match(await agent(directory('allowedProbes: [icmp]\n'), words), { code: 78, err: /limits file does not let it be probed/ });
  t.match(await agent(directory('deniedNetworks: [127.0.0.0/8]\n'), words), { code: 78, err: /limits file/ });
  t.equal(responder.requests, 0);
});
