import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { AUTH_KEY, COMMUNITY, PRIV_KEY, SNMPD, startSnmpd, whyWithout } from '../helpers/snmpd.ts';
import { startProgram } from './program.ts';

// The command line's `snmp` beside a running controller with its local agent, against Debian's snmpd.

t.setTimeout(180_000);
const ROOT = resolve(import.meta.dirname, '../..');
const V3 = {
  access: { version: '3', user: 'aes256', level: 'authPriv', authProtocol: 'sha512', privProtocol: 'aes256' },
  secrets: { authKey: AUTH_KEY, privKey: PRIV_KEY },
};

t.test(
  'snmp: discovered by an agent over v3, added, polled, and walked with the secrets that are kept',
  { skip: whyWithout(SNMPD) },
  async (t) => {
    await using snmpd = await startSnmpd();
    await using program = await startProgram();
    const controller = async (words: readonly string[], input = ''): Promise<{ code: number | null; out: string; error: string }> => {
      const child = spawn(process.execPath, [join(ROOT, 'controller/main.ts'), ...words, '--data', program.data], { stdio: 'pipe' });
      child.stdin.end(input);
      const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
      return { code, out, error };
    };
    let agents = await controller(['agents', '--json']);
    for (let tries = 0; tries < 60 && !/"state": *"online"/.test(agents.out); tries += 1) {
      await sleep(500);
      agents = await controller(['agents', '--json']);
    }
    const agent = /"id": *"([^"]+)"/.exec(agents.out)?.[1] ?? '';

    const file = JSON.stringify({ ...V3, port: snmpd.port, timeoutMs: 1_000 });
    const found = await controller(['snmp', 'discover', '127.0.0.1', '127.0.0.77', '--agent', agent, '--access-file', '-', '--add'], file);
    t.equal(found.code, 0, found.error);
    t.match(found.out, /127\.0\.0\.1 +snmpd-under-test/);
    t.notMatch(found.out + found.error, new RegExp(`${AUTH_KEY}|${PRIV_KEY}`), 'secrets are not repeated');

    const device = 'snmpd-under-test';
    const walked = await controller(['snmp', 'walk', device, 'SNMPv2-MIB::sysLocation']);
    t.equal(walked.code, 0, walked.error);
    t.match(walked.out, /sysLocation\.0 = STRING: rack 7/);
    const here = await controller([
      'snmp',
      'walk',
      '127.0.0.1',
      'SNMPv2-MIB::sysName',
      '--port',
      String(snmpd.port),
      '--community',
      COMMUNITY,
    ]);
    t.match(here.out, /sysName\.0 = STRING: snmpd-under-test/, `from this host, by its agent program: ${here.error}`);
    const wrong = await controller(['snmp', 'walk', device, 'NO-MIB::nothing']);
    t.not(wrong.code, 0);
    t.match(wrong.error, /NO-MIB/);
  },
);
