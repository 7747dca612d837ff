import { existsSync, globSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { IncidentList } from '../../protocol/api.ts';
import { whyNoNamespace } from '../netns/namespace.ts';
import { spoolBacklog } from './backlog.ts';
import { mountSmallDisk } from './disk.ts';
import { until } from './part.ts';
import { addressOf, PACKETS, Stage } from './stage.ts';
import { type Account, reconcile, row, startWitness, together, type Witness } from './witness.ts';

const AGENT = 'edge-1';
const TARGETS = ['t1', 't2', 't3', 't4'];
const BACKLOG_S = 3_600;
const missing = whyNoNamespace() ?? (existsSync('/usr/bin/tcpdump') ? null : '/usr/bin/tcpdump is missing: apt-get install tcpdump');
const faketime = globSync('/usr/lib/*/faketime/libfaketime.so.1')[0];
const missingFaketime = missing ?? (faketime === undefined ? 'libfaketime is missing: apt-get install faketime' : null);

/** Everything is up and measures. */
const open = async (stage: Stage, startedMs: number, environment: Readonly<Record<string, string>> = {}) => {
  const controller = await stage.startController('embedded', environment);
  await stage.enrol(AGENT);
  const witness = await startWitness(stage);
  for (const [index, id] of TARGETS.entries()) await stage.addTarget(id, addressOf(index + 1));
  const agent = stage.startAgent(AGENT, environment);
  await stage.measured(AGENT, TARGETS, startedMs);
  return { controller, agent, witness };
};

const accountOf = async (stage: Stage, witness: Witness, startedMs: number): Promise<Account> =>
  together(
    await Promise.all(
      TARGETS.map(async (id, index) => reconcile(witness.sentTo(addressOf(index + 1)), await stage.rounds(AGENT, id, startedMs))),
    ),
  );

t.setTimeout(200_000);

t.test('the controller was away for an hour: fresh rounds first, then all of the backlog', { skip: missing ?? false }, async (t) => {
  await using stage = new Stage();
  const startedMs = Date.now();
  const first = await open(stage, startedMs);
  await first.controller.end();
  await delay(3_000);
  await first.agent.end('SIGTERM');
  const backlog = spoolBacklog(
    stage.agentData(AGENT),
    TARGETS.map((id) => `${id}/icmp`),
    BACKLOG_S,
    Date.now() - startedMs + 10_000,
  );
  const agent = stage.startAgent(AGENT);
  await agent.heard('"event":"icmp-ready"');
  await delay(2_000);

  await stage.startController();
  await agent.heard('"event":"link-up"', 45_000);
  const backMs = Date.now();
  await stage.measured(AGENT, TARGETS, backMs - 2_000, 10_000);
  const freshS = (Date.now() - backMs) / 1_000;
  const storedThen = await stage.metric('sonde_rounds_stored_total');
  await until(async () => (await stage.metric('sonde_rounds_stored_total')) >= backlog, 45_000);
  const drainedS = (Date.now() - backMs) / 1_000;
  await delay(1_000);

  const old = await Promise.all(
    TARGETS.flatMap((id) =>
      [2, 1].map(async (half) => {
        const from = startedMs - 20_000 - half * (BACKLOG_S / 2) * 1_000;
        const rounds = await stage.rounds(AGENT, id, from, half === 1 ? startedMs - 5_000 : from + (BACKLOG_S / 2) * 1_000);
        return rounds.map(({ at }) => at);
      }),
    ),
  );
  const account = await accountOf(stage, first.witness, startedMs);
  t.comment(row('controller away 1 h', 1, { ...account, rounds: account.rounds + old.flat().length }, drainedS));
  t.comment(
    `newest rounds stored ${freshS.toFixed(1)} s after the reconnect, when ${storedThen} of ${backlog} were; drained in ${drainedS.toFixed(1)} s`,
  );
  t.ok(freshS <= 2, `fresh first: ${freshS.toFixed(1)} s`);
  t.ok(storedThen < backlog, 'the backlog was still draining');
  t.equal(old.flat().length, backlog, 'all of the backlog is stored, once');
  t.ok(
    account.witnessed - account.stored <= TARGETS.length * PACKETS,
    'and what was measured meanwhile, but for what was open when the agent was stopped',
    {
      account,
    },
  );
  await first.witness.stop();
});

t.test('the disk under the spool is full: measuring goes on, what had to go is counted', { skip: missing ?? false }, async (t) => {
  await using stage = new Stage();
  using disk = mountSmallDisk(stage.agentData(AGENT), '8m');
  const startedMs = Date.now();
  const { controller, agent, witness } = await open(stage, startedMs);

  disk.fill();
  await until(() => agent.said('spool-write-failed').length + agent.said('spool-full').length > 0, 15_000);
  await delay(4_000);
  disk.free();
  const backMs = Date.now();
  await stage.measured(AGENT, TARGETS, backMs, 45_000);
  const settledS = (Date.now() - backMs) / 1_000;
  await delay(5_500); // the status file is written each five seconds
  const dropped = stage.agentStatus(AGENT)?.spool.dropped ?? -1;
  const account = await accountOf(stage, witness, startedMs);

  t.comment(`${row('disk full in the spool', 1, account, settledS)}; the agent counts ${dropped} rounds dropped`);
  t.ok(agent.alive && controller.alive, 'both are up');
  t.equal(account.witnessed - account.stored, dropped * PACKETS, 'only what the agent counted as dropped is missing');
  t.equal(account.lost + account.failed + account.doubled, 0, 'no loss made up');
  t.ok(account.stampMedianMs < 20, 'timestamps are true');
  await witness.stop();
});

t.test(
  'the wall clock steps by an hour, on the agent and on the controller: timestamps stay true',
  { skip: missingFaketime ?? false },
  async (t) => {
    await using stage = new Stage();
    const startedMs = Date.now();
    const file = join(stage.directory, 'wall-clock');
    const step = (offset: string): void => {
      writeFileSync(`${file}.new`, `${offset}\n`);
      renameSync(`${file}.new`, file);
    };
    step('+0');
    const environment = {
      LD_PRELOAD: faketime ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DISABLE_SHM: '1',
    };
    const { agent, controller, witness } = await open(stage, startedMs, environment);
    for (const offset of ['+3600', '-3600', '+0']) {
      step(offset);
      await delay(4_000);
    }
    step('+3600');
    await agent.end();
    const again = stage.startAgent(AGENT, environment);
    const backMs = Date.now();
    const line = await again.heard('"event":"agent-start"');
    await stage.measured(AGENT, TARGETS, backMs + 3_000, 45_000);
    const settledS = (Date.now() - backMs) / 1_000;
    const account = await accountOf(stage, witness, startedMs);
    const { incidents } = await stage.call('GET', '/incidents', IncidentList);

    t.comment(row('wall clock ±1 h', 4, account, settledS));
    const said = /"time":"([^"]+)"/.exec(line)?.[1] ?? '';
    t.ok(Math.abs(Date.parse(said) - backMs - 3_600_000) < 60_000, `the agent's wall clock was an hour ahead: ${said}`);
    t.ok(account.stampMedianMs < 20 && account.stampWorstMs < 500, 'timestamps are true', { account });
    t.ok(
      account.witnessed - account.stored <= 2 * TARGETS.length * PACKETS,
      'nothing is missing but what was open when the agent was killed',
    );
    t.equal(account.doubled + account.lost + account.failed, 0);
    t.same(incidents, [], 'no alarm');
    t.ok(controller.alive && again.alive);
    await witness.stop();
  },
);
