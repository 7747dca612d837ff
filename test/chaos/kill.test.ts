import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { whyNoNamespace } from '../netns/namespace.ts';
import { childrenOf, Part, until } from './part.ts';
import { seeded } from './seeded.ts';
import { addressOf, PACKETS, Stage } from './stage.ts';
import { type Account, nothing, reconcile, row, startWitness, together, type Witness } from './witness.ts';

// kill -9 at random moments while rounds flow; a witness beside the agent counts what really left.

const release = process.env['SONDE_TEST_RELEASE'] === '1';
const KILLS = release ? 15 : 3;
const AGENT = 'edge-1';
const TARGETS = ['t1', 't2', 't3', 't4'];
const SETTLED_WITHIN_MS = 45_000;
const seed = Number(process.env['SONDE_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
const without = (file: string, name: string): string | null => (existsSync(file) ? null : `${file} is missing: apt-get install ${name}`);
const missing = whyNoNamespace() ?? without('/usr/bin/tcpdump', 'tcpdump');
const missingMosquitto = missing ?? without('/usr/sbin/mosquitto', 'mosquitto');

type Name = 'agent' | 'ICMP process' | 'controller' | 'Mosquitto';

/** The running parts, and how each is killed and brought back. */
class Scene {
  readonly stage: Stage;
  readonly broker: 'embedded' | 'mosquitto';
  readonly startedMs = Date.now();
  readonly running = new Map<Name, Part>();

  constructor(stage: Stage, broker: 'embedded' | 'mosquitto') {
    this.stage = stage;
    this.broker = broker;
  }

  async open(): Promise<Witness> {
    const { stage } = this;
    if (this.broker === 'mosquitto') {
      await stage.prepareMosquitto();
      this.running.set('Mosquitto', await stage.startMosquitto());
    }
    this.running.set('controller', await stage.startController(this.broker));
    await stage.enrol(AGENT);
    const witness = await startWitness(stage);
    for (const [index, id] of TARGETS.entries()) await stage.addTarget(id, addressOf(index + 1));
    this.running.set('agent', stage.startAgent(AGENT));
    await stage.measured(AGENT, TARGETS, this.startedMs);
    return witness;
  }

  part(name: Name): Part {
    const part = this.running.get(name);
    if (part === undefined) throw new Error(`no ${name} here`);
    return part;
  }

  async kill(name: Name): Promise<void> {
    if (name !== 'ICMP process') return this.part(name).end();
    const [pid] = childrenOf(this.part('agent').pid);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  }

  async bringBack(name: Name): Promise<void> {
    const { stage } = this;
    if (name === 'agent') this.running.set(name, stage.startAgent(AGENT));
    else if (name === 'controller') this.running.set(name, await stage.startController(this.broker));
    else if (name === 'Mosquitto') this.running.set(name, await stage.startMosquitto());
    else await until(() => childrenOf(this.part('agent').pid).length > 0, 35_000); // the agent starts it again
  }

  async account(witness: Witness): Promise<Account> {
    const { stage, startedMs } = this;
    const accounts = TARGETS.map(async (id, index) =>
      reconcile(witness.sentTo(addressOf(index + 1)), await stage.rounds(AGENT, id, startedMs)),
    );
    return together(await Promise.all(accounts));
  }

  /** Seconds until every target has a round from after `backMs`, and no more than `allowed` packets are missing. */
  async settle(witness: Witness, backMs: number, allowed: number): Promise<number> {
    const since = performance.now();
    await this.stage.measured(AGENT, TARGETS, backMs, SETTLED_WITHIN_MS);
    let last = '';
    await until(
      async () => {
        const account = await this.account(witness);
        last = JSON.stringify(account);
        const spooled = await this.spooled();
        return account.witnessed - account.stored <= allowed && spooled <= 2 * TARGETS.length;
      },
      SETTLED_WITHIN_MS,
      () => `${last}\n${this.part('agent').tail()}\n--\n${this.part('controller').tail()}`,
    );
    return (performance.now() - since) / 1_000;
  }

  /** What the agent has said since it was started last; many before it has said anything. */
  async spooled(): Promise<number> {
    const { alive } = this.part('agent');
    return alive ? (this.stage.agentStatus(AGENT)?.spool.rounds ?? Infinity) : Infinity;
  }
}

/** Rounds that may be missing for one kill: of each task the one that is open, and the one that has just been closed. */
const OPEN_ROUNDS: Readonly<Record<Name, number>> = { agent: 2, 'ICMP process': 2, controller: 0, Mosquitto: 0 };

const killAll = async (t: Test, broker: 'embedded' | 'mosquitto', phases: readonly (readonly Name[])[]): Promise<void> => {
  const random = seeded(seed);
  t.comment(`seed ${seed} (SONDE_TEST_SEED=${seed} repeats it)`);
  await using stage = new Stage();
  const scene = new Scene(stage, broker);
  const witness = await scene.open();
  let before: Account = nothing;
  for (const names of phases) {
    const title = `kill -9 ${names.join(', ')}`;
    let allowed = before.witnessed - before.stored;
    const kills = names.length === 1 ? KILLS : names.length;
    for (let kill = 0; kill < kills; kill += 1) {
      const name = names[kill % names.length] ?? 'agent';
      await delay(500 + random() * 2_500);
      await scene.kill(name);
      await delay(random() * 2_500);
      await scene.bringBack(name);
      allowed += OPEN_ROUNDS[name] * TARGETS.length * PACKETS;
    }
    const settledS = await scene.settle(witness, Date.now(), allowed);
    const account = await scene.account(witness);
    const delta = { ...account, rounds: account.rounds - before.rounds, witnessed: account.witnessed - before.witnessed };
    t.comment(row(title, kills, { ...delta, stored: account.stored - before.stored }, settledS));
    t.ok(account.stored <= account.witnessed, `${title}: no more is stored than was sent`, { account });
    t.ok(account.witnessed - account.stored <= allowed, `${title}: nothing is missing but open rounds`, { account, allowed });
    t.equal(account.doubled, 0, `${title}: nothing is doubled`);
    t.equal(account.lost + account.failed, 0, `${title}: a gap is no data, never loss`, { account });
    t.ok(settledS <= SETTLED_WITHIN_MS / 1_000, `${title}: settled in ${settledS.toFixed(1)} s`);
    t.ok(account.stampMedianMs < 20 && account.stampWorstMs < 500, `${title}: timestamps are true`, { account });
    before = account;
  }
  await witness.stop();
};

const MIXED: readonly Name[] = ['Mosquitto', 'agent', 'Mosquitto', 'controller', 'ICMP process'];

t.setTimeout(release ? 1_200_000 : 200_000);
t.test('kill -9 of agent, ICMP process and controller: what was sent is stored, once', { skip: missing ?? false }, (t) =>
  killAll(t, 'embedded', [
    ['ICMP process'],
    ['agent'],
    ['controller'],
    ...(release ? [['agent', 'controller', 'ICMP process', 'controller'] as const] : []),
  ]),
);
t.test('kill -9 of an external Mosquitto and of those around it: the same', { skip: missingMosquitto ?? false }, (t) =>
  killAll(t, 'mosquitto', [...(release ? ([['Mosquitto']] as const) : []), MIXED]),
);
