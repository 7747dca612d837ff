import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import t from 'tap';
import { openMetricsServer, parseListen, reachableAs } from '../../../agent/metrics/server.ts';
import { ownMetrics } from '../../../agent/metrics/own.ts';
import { noCounters } from '../../../agent/icmp/messages.ts';
import type { IcmpEngine } from '../../../agent/probes/probe.ts';
import { silentLog } from '../../../protocol/log.ts';
import { OnlineStatus } from '../../../protocol/status.ts';
import { systemClock } from '../../../protocol/time.ts';
import { onlineStatus } from '../../helpers/api.ts';
import { makeSample, TEN } from '../../helpers/rounds.ts';

const PROMTOOL = '/usr/bin/promtool';
const asked: { address: string; packets: number }[] = [];
const icmp: IcmpEngine = {
  async *rounds(task) {
    asked.push({ address: task.address, packets: task.options.count });
    if (task.address === '192.0.2.66')
      yield { startedMs: 0, durationMs: 10, outcome: { status: 'failed', blame: 'agent', reason: 'guard-rail' } };
    else
      yield { startedMs: 0, durationMs: 10, outcome: { status: 'sampled', sample: makeSample(task.address === '192.0.2.9' ? [] : TEN) } };
  },
};
const status = OnlineStatus.parse(onlineStatus());

const open = (signal: AbortSignal) =>
  openMetricsServer(
    {
      listen: '127.0.0.1:0',
      clock: systemClock,
      icmp,
      log: silentLog,
      resolve: async (target) =>
        target === 'nowhere.example'
          ? { ok: false, blame: 'resolver', reason: 'nxdomain', detail: '' }
          : { ok: true, address: target === 'gw.example' ? '2001:db8::1' : target },
      own: () => ownMetrics({ agent: 'ams1', connected: true, status, engine: noCounters(), uptimeS: 5 }),
    },
    signal,
  );

t.test('agent: /probe answers as blackbox_exporter does, and /metrics is valid', async (t) => {
  const aborting = new AbortController();
  await using server = await open(aborting.signal);
  const get = async (path: string): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  const good = await get('/probe?target=192.0.2.1&module=icmp');
  t.match(good.text, /^probe_success 1$/m);
  t.match(good.text, /^probe_icmp_duration_seconds\{phase="rtt"\} 0\.0014433$/m);
  t.match(good.text, /^probe_ip_protocol 4$/m);
  t.match(good.text, /^probe_icmp_reply_hop_limit 64$/m);
  t.match((await get('/probe?target=gw.example&module=icmp6')).text, /^probe_ip_protocol 6$/m);
  t.match((await get('/probe?target=192.0.2.9')).text, /^probe_success 0$/m, 'no reply');
  t.match(
    (await get('/probe?target=nowhere.example')).text,
    /^probe_success 0$[\s\S]*sonde_probe_not_measured_info\{reason="nxdomain"\} 1/m,
  );
  t.match((await get('/probe?target=192.0.2.66')).text, /reason="guard-rail"/, 'the guard rails hold here too');
  t.same(asked[0], { address: '192.0.2.1', packets: 3 });
  for (const [path, code] of [
    ['/probe?target=192.0.2.1&module=http', 400],
    ['/probe', 400],
    ['/probe?target=a%20b', 400],
    ['/other', 404],
  ] as const)
    t.equal((await get(path)).status, code, path);

  const own = await get('/metrics');
  t.match(own.text, /^sonde_agent_connected 1$/m);
  t.match(own.text, /^sonde_agent_build_info\{agent="ams1",version="0\.1\.0"\} 1$/m);
  if (existsSync(PROMTOOL))
    for (const text of [own.text, good.text]) t.equal(spawnSync(PROMTOOL, ['check', 'metrics'], { input: text }).status, 0, 'promtool');
});

t.test('agent: where it listens, and where others reach it', async (t) => {
  t.same(parseListen('127.0.0.1:9469'), { host: '127.0.0.1', port: 9469 });
  t.same(parseListen('[::1]:1'), { host: '::1', port: 1 });
  t.same(parseListen(':9469'), { host: '::', port: 9469 });
  for (const bad of ['9469', '127.0.0.1', '127.0.0.1:99999', 'a.example:1']) t.throws(() => parseListen(bad), /ADDRESS:PORT/);
  t.equal(reachableAs('127.0.0.1:9469', 9469, 'edge'), undefined);
  t.equal(reachableAs('0.0.0.0:9469', 9469, 'edge'), 'edge:9469');
  t.equal(reachableAs('[2001:db8::7]:0', 5, 'edge'), '[2001:db8::7]:5');
});
