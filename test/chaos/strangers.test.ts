import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { openSigningKeys } from '../../controller/pki/signing.ts';
import type { Batch } from '../../protocol/batch.ts';
import { type Config, Signed } from '../../protocol/config.ts';
import { signText } from '../../protocol/signature.ts';
import { whyNoNamespace } from '../netns/namespace.ts';
import { type Part, rssMiB, until } from './part.ts';
import { addressOf, Stage } from './stage.ts';
import { reconcile, row, startWitness } from './witness.ts';

// Strangers, thieves and vandals at the ports of the running product.

const missing = whyNoNamespace() ?? (existsSync('/usr/bin/tcpdump') ? null : '/usr/bin/tcpdump is missing: apt-get install tcpdump');
const missingMosquitto = missing ?? (existsSync('/usr/sbin/mosquitto') ? null : 'mosquitto is missing: apt-get install mosquitto');
const forged = (epoch: string): Batch => ({
  v: 1,
  epoch,
  lane: 'fresh',
  lowest: 1,
  upTo: null,
  rounds: [
    {
      seq: 1,
      task: 't1/icmp',
      at: Date.now() - 30_000,
      durationMs: 900,
      intervalMs: 1_000,
      time: { source: 'controller', boundMs: 1, ageS: 1 },
      outcome: { status: 'failed', blame: 'target', reason: 'forged' },
    },
  ],
});

/** A client with somebody's certificate publishes one message; what it says of it. */
const publish = async (
  stage: Stage,
  as: { readonly port: number; readonly files: readonly string[]; readonly clientId: string },
  message: { readonly topic: string; readonly payload: string; readonly retain?: boolean },
): Promise<Part> => {
  const file = join(stage.directory, `message-${stage.parts.length}.json`);
  appendFileSync(file, `${JSON.stringify({ ...message, payload: Buffer.from(message.payload).toString('base64') })}\n`);
  const words = [process.execPath, 'test/chaos/client.ts', String(as.port), ...as.files, as.clientId].join(' ');
  const part = stage.run(['sh', '-c', `exec ${words} < ${file}`]);
  await until(() => !part.alive || part.lines.some((line) => /published|closed|error/.test(line)), 10_000);
  await delay(500);
  return part;
};
const agentFiles = (stage: Stage, name: string): string[] =>
  ['ca.crt', 'agent.crt', 'agent.key'].map((file) => join(stage.agentData(name), file));

t.setTimeout(400_000);
/** The configuration of edge-1 once nothing more changes it: what it tells of itself first, such as its probes, does; its status is up to 5 s old. */
const settled = async (stage: Stage): Promise<{ readonly generation: number; readonly revision: number }> => {
  for (;;) {
    const before = stage.agentStatus('edge-1')?.applied ?? null;
    await delay(6_000);
    const now = stage.agentStatus('edge-1')?.applied ?? null;
    if (before !== null && now !== null && before.revision === now.revision) return now;
  }
};

t.test(
  'noise, floods, a frozen subscriber, a batch for another agent: others are stored on, nothing wrong is',
  { skip: missing ?? false },
  async (t) => {
    await using stage = new Stage();
    const startedMs = Date.now();
    const controller = await stage.startController();
    await stage.enrol('edge-1');
    await stage.enrol('edge-2');
    const witness = await startWitness(stage);
    await stage.addTarget('t1', addressOf(1));
    const agent = stage.startAgent('edge-1');
    await stage.measured('edge-1', ['t1'], startedMs);
    const vandal = async (...words: string[]): Promise<{ said: string; grownMiB: number }> => {
      const before = rssMiB(controller.pid);
      let most = before;
      const part = stage.run([process.execPath, 'test/chaos/vandal.ts', ...words]);
      await until(() => {
        most = Math.max(most, rssMiB(controller.pid));
        return !part.alive;
      }, 40_000);
      await delay(100);
      return { said: part.lines.join(' '), grownMiB: most - before };
    };

    for (const [mode, port] of [
      ['noise-tcp', '8883'],
      ['noise-tls', '8883'],
      ['noise-tcp', '8080'],
    ] as const) {
      const { said, grownMiB } = await vandal(mode, port);
      t.match(said, /sent/, `${mode} at port ${port}`);
      t.comment(`10,000 random bytes (${mode}, port ${port}): ${said}; RSS +${grownMiB.toFixed(1)} MiB`);
    }
    t.ok(controller.said('tls-refused').length > 0, 'bytes that are no TLS are in the log');
    t.ok(controller.said('http-refused').length > 1, 'bytes that are no HTTP, at both ports, too');
    for (const [who, files] of [
      ['without a certificate', []],
      ["with an agent's certificate", agentFiles(stage, 'edge-2')],
    ] as const) {
      const { said, grownMiB } = await vandal('flood', '8883', ...files);
      t.comment(`200 MB before CONNECT, ${who}: ${said}; RSS +${grownMiB.toFixed(1)} MiB`);
      t.match(said, / cut/, 'it is cut');
      t.ok(grownMiB <= 32, `RSS grew by ${grownMiB.toFixed(1)} MiB`);
    }
    t.ok(controller.said('mqtt-refused').length > 0 && controller.said('mqtt-guard').length > 0, 'both are in the log');

    const frozenMs = Date.now();
    const frozen = await vandal('frozen', '8883', ...agentFiles(stage, 'edge-2'), 'edge-2');
    await stage.measured('edge-1', ['t1'], Date.now() - 1_000, 5_000);
    t.comment(
      `a subscriber that does not read: ${frozen.said}, after ${((Date.now() - frozenMs) / 1_000).toFixed(1)} s; RSS +${frozen.grownMiB.toFixed(1)} MiB`,
    );
    t.match(controller.said('mqtt-slow').at(-1), /edge-2/, 'the frozen subscriber is cut, and the log says why');

    const epoch = '00000000deadbeef';
    const as = { port: 8883, files: agentFiles(stage, 'edge-2'), clientId: 'edge-2' };
    const other = await publish(stage, as, { topic: 'sonde/v1/edge-1/rounds', payload: JSON.stringify(forged(epoch)) });
    t.ok(other.lines.includes('closed') && !other.lines.includes('published'), 'a batch on the topic of another agent: closed', {
      lines: other.lines,
    });
    t.ok(
      controller.lines.some((line) => line.includes('edge-2') && line.includes('sonde/v1/edge-1/rounds')),
      'and in the log',
    );

    await stage.measured('edge-1', ['t1'], Date.now(), 10_000);
    const account = reconcile(witness.sentTo(addressOf(1)), await stage.rounds('edge-1', 't1', startedMs));
    t.comment(row('strangers', 7, account, 0));
    t.equal(account.witnessed, account.stored, 'nothing is lost, nothing wrong is stored');
    t.equal(account.failed + account.lost + account.doubled, 0);
    t.ok(agent.alive && controller.alive);
    await witness.stop();
  },
);

t.test(
  'a thief at the external broker: no configuration but the signed, newest one is taken',
  { skip: missingMosquitto ?? false },
  async (t) => {
    await using stage = new Stage();
    const startedMs = Date.now();
    await stage.prepareMosquitto();
    // The thief has the broker itself: it does not have to put the controller out to speak under its name.
    const settings = join(stage.controllerData, 'mosquitto/mosquitto.conf');
    writeFileSync(settings, readFileSync(settings, 'utf8').replace('use_username_as_clientid true', ''));
    await stage.startMosquitto();
    await stage.startController('mosquitto');
    await stage.enrol('edge-1');
    await stage.enrol('edge-2');
    await stage.addTarget('t1', addressOf(1));
    await stage.addTarget('t2', addressOf(2));
    const witness = await startWitness(stage);
    const agent = stage.startAgent('edge-1');
    await stage.measured('edge-1', ['t1', 't2'], startedMs);
    const applied = await settled(stage);

    const keys = openSigningKeys(join(stage.controllerData, 'keys'));
    const victim = '10.200.9.9';
    const config = (change: Partial<Config>): Config => ({
      kind: 'config',
      agent: 'edge-1',
      ...applied,
      tasks: [
        {
          id: 'victim/icmp',
          target: { id: 'victim', address: victim, family: 'any' },
          intervalMs: 1_000,
          options: { kind: 'icmp', count: 3, spacingMs: 100, timeoutMs: 700, sizeBytes: 56, dscp: 0, ttl: 64 },
        },
      ],
      ...change,
    });
    const newer = { revision: applied.revision + 10 };
    const good = Signed.parse(JSON.parse(keys.sign(config(newer))));
    const own = generateKeyPairSync('ed25519').privateKey;
    const thefts: readonly (readonly [what: string, payload: string, reason: RegExp])[] = [
      ['no message at all', 'not a configuration', /not-decodable/],
      ['unsigned', JSON.stringify({ ...good, signature: '' }), /not-signed-by-delegate/],
      ['signed by another key', JSON.stringify({ ...good, signature: signText(good.body, own) }), /not-signed-by-delegate/],
      [
        'delegated by another root',
        JSON.stringify({ ...good, delegation: { ...good.delegation, signature: signText(good.delegation.body, own) } }),
        /delegation-not-signed-by-root/,
      ],
      ['older', keys.sign(config({ revision: applied.revision - 1 })), /revision-went-back/],
      ['of another agent', keys.sign(config({ ...newer, agent: 'edge-2' })), /for-another-agent/],
      // Last: told of it, the true controller has its root sign the next generation, which overrules whatever the thief has.
      ['of the same revision', keys.sign(config({})), /same-revision-other-content/],
    ];
    const broker = join(stage.controllerData, 'mosquitto');
    const thief = {
      port: 8884,
      files: ['ca.crt', 'controller.crt', 'controller.key'].map((file) => join(broker, file)),
      clientId: 'Thief',
    };
    for (const [what, payload, reason] of thefts) {
      const before = agent.said('config-rejected').length;
      const published = await publish(stage, thief, { topic: 'sonde/v1/edge-1/config', payload, retain: true });
      t.ok(published.lines.includes('published'), `${what}: the broker takes it`);
      await until(
        () => agent.said('config-rejected').length > before,
        5_000,
        () => `${what}: ${agent.tail()}`,
      );
      t.match(agent.said('config-rejected').at(-1), reason, `${what}: rejected, and the log says why`);
    }
    const oldDate = { kind: 'latest', agent: 'edge-1', ...applied, at: startedMs - 86_400_000 };
    await publish(stage, thief, { topic: 'sonde/v1/edge-1/config/latest', payload: keys.sign(oldDate), retain: true });

    const asOther = { port: 8884, files: agentFiles(stage, 'edge-2'), clientId: 'edge-2' };
    await publish(stage, asOther, { topic: 'sonde/v1/edge-1/rounds', payload: JSON.stringify(forged('00000000deadbeef')) });
    await stage.measured('edge-1', ['t1', 't2'], Date.now(), 10_000);
    for (const [index, id] of ['t1', 't2'].entries()) {
      const account = reconcile(witness.sentTo(addressOf(index + 1)), await stage.rounds('edge-1', id, startedMs - 60_000));
      t.comment(row(`thief (${id})`, thefts.length + 2, account, 0));
      t.equal(account.witnessed, account.stored, `${id}: measured on, nothing lost`);
      t.equal(account.failed + account.lost + account.doubled, 0, `${id}: nothing wrong stored`);
    }
    t.same(witness.sentTo(victim), [], 'no packet left to the victim');
    t.ok((stage.agentStatus('edge-1')?.applied?.generation ?? 0) >= applied.generation);
    t.ok(agent.alive);
    await witness.stop();
  },
);

t.test(
  'a broker that keeps a newer configuration back: the agent measures on by the old one, and both say that it may be stale',
  { skip: missingMosquitto ?? false },
  async (t) => {
    await using stage = new Stage();
    const startedMs = Date.now();
    await stage.prepareMosquitto();
    const mosquitto = await stage.startMosquitto();
    await stage.startController('mosquitto');
    await stage.enrol('edge-1');
    await stage.addTarget('t1', addressOf(1));
    const witness = await startWitness(stage);
    const agent = stage.startAgent('edge-1');
    await stage.measured('edge-1', ['t1'], startedMs);
    const applied = await settled(stage);

    const accessFile = join(stage.controllerData, 'mosquitto/acl');
    const access = readFileSync(accessFile, 'utf8');
    const allow = (text: string): void => {
      writeFileSync(accessFile, text);
      mosquitto.child.kill('SIGHUP');
    };
    allow(access.replace('pattern read sonde/v1/%u/config\n', ''));
    await mosquitto.heard('Reloading config');
    await stage.addTarget('t2', addressOf(2));
    // A minute after it was named, and a status later, at most.
    await until(() => agent.said('config-may-be-stale').length > 0, 75_000, agent.tail.bind(agent));
    await until(() => stage.agentStatus('edge-1')?.mayBeStale === true, 10_000);
    t.same(stage.agentStatus('edge-1')?.applied, applied, 'what was applied is still applied');
    t.same(witness.sentTo(addressOf(2)), [], 'and nothing else is measured');
    await stage.measured('edge-1', ['t1'], Date.now(), 10_000);

    allow(access);
    await until(() => stage.agentStatus('edge-1')?.mayBeStale === false, 180_000, agent.tail.bind(agent));
    t.equal(agent.said('config-fresh').length, 1, 'let through again: the log says so');
    await stage.measured('edge-1', ['t1', 't2'], Date.now(), 10_000);
    const account = reconcile(witness.sentTo(addressOf(1)), await stage.rounds('edge-1', 't1', startedMs));
    t.comment(row('frozen configuration', 1, account, 0));
    t.equal(account.witnessed, account.stored, 'nothing lost, nothing wrong stored');
    t.equal(account.failed + account.lost + account.doubled, 0);
    await witness.stop();
  },
);
