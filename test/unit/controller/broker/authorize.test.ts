import t from 'tap';
import { refuseConnect, refusePublish, refuseSubscribe } from '../../../../controller/broker/authorize.ts';
import { CONTROLLER_NAME, mosquittoAcl } from '../../../../controller/broker/mosquitto.ts';

// The table of access, written a second time by hand: who publishes what, and retained or not. Everything else is forbidden.
const FROM_AGENT: Readonly<Record<string, 'retained' | 'plain'>> = {
  status: 'retained',
  rounds: 'plain',
  'config/report': 'plain',
  event: 'plain',
  'command/reply': 'plain',
  'clock/request': 'plain',
};
const FROM_CONTROLLER = ['rounds/ack', 'config', 'config/latest', 'command', 'clock/reply'];
const OTHER = [
  '',
  'Status',
  'status/',
  '/status',
  'rounds/',
  'rounds/ack/x',
  'config/other',
  'command/1',
  'clock',
  '+',
  '#',
  'status/#',
  'x',
];
const AGENTS = ['ams1', 'ams2', 'a', 'ams1-2', 'ams1.x', '0', 'fra1', 'z'.repeat(63)];
const ROOTS = ['sonde/v1', 'sonde/v2', 'Sonde/v1', 'sonde', '$SYS', '$share/x/sonde/v1', '+/v1', '/sonde/v1', 'sonde/v1/'];

t.test('access table: every agent, every topic, own and foreign, publish and subscribe', async (t) => {
  let cases = 0;
  const wrong: string[] = [];
  for (const me of AGENTS)
    for (const owner of [...AGENTS, '+', '#', '', 'AMS1'])
      for (const root of ROOTS)
        for (const name of [...Object.keys(FROM_AGENT), ...FROM_CONTROLLER, ...OTHER]) {
          const text = `${root}/${owner}/${name}`;
          const isMine = root === 'sonde/v1' && owner === me;
          const verdicts = [
            [refusePublish(me, text, false) === null, isMine && Object.hasOwn(FROM_AGENT, name)],
            [refusePublish(me, text, true) === null, isMine && FROM_AGENT[name] === 'retained'],
            [refuseSubscribe(me, text) === null, isMine && FROM_CONTROLLER.includes(name)],
          ];
          for (const [is, should] of verdicts) if (is !== should) wrong.push(`${me}: ${text}`);
          cases += verdicts.length;
        }

  t.same(wrong, []);
  t.ok(cases >= 2_000, `${cases} cases`);
});

t.test('connect: the client id is the certificate’s, the session clean, the will the agent’s own', async (t) => {
  const good = { clientId: 'ams1', clean: true, keepaliveS: 15, will: { topic: 'sonde/v1/ams1/status', retain: true, qos: 1 } };

  t.equal(refuseConnect('ams1', good), null);
  t.equal(refuseConnect('ams1', { ...good, will: null }), null);
  t.equal(refuseConnect('ams1', { ...good, clientId: 'ams2' }), 'client id "ams2", but the certificate is of "ams1"');
  t.equal(
    refuseConnect('ams1', { ...good, clean: false }),
    'a lasting session: only clean sessions are offered, the spool is on the agent',
  );
  t.equal(refuseConnect('ams1', { ...good, keepaliveS: 0 }), 'keepalive of 0 s: 1 to 120');
  for (const will of [
    { topic: 'sonde/v1/ams2/status', retain: true, qos: 1 },
    { topic: 'sonde/v1/ams1/rounds', retain: true, qos: 1 },
    { topic: 'sonde/v1/ams1/status', retain: true, qos: 2 },
  ])
    t.match(refuseConnect('ams1', { ...good, will }), /^last will on/);
});

t.test('mosquitto access file: the same table', async (t) => {
  const lines = mosquittoAcl().split('\n');

  t.equal(lines[0], `user ${CONTROLLER_NAME}`);
  for (const name of Object.keys(FROM_AGENT))
    t.ok(lines.includes(`topic read sonde/v1/+/${name}`) && lines.includes(`pattern write sonde/v1/%u/${name}`), name);
  for (const name of FROM_CONTROLLER)
    t.ok(lines.includes(`topic write sonde/v1/+/${name}`) && lines.includes(`pattern read sonde/v1/%u/${name}`), name);
  t.equal(lines.filter((line) => /^(topic|pattern) /.test(line)).length, 2 * (Object.keys(FROM_AGENT).length + FROM_CONTROLLER.length));
});
