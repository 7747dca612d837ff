import t from 'tap';
import { readSettings } from '../../../controller/settings.ts';

const valueOf = (result: ReturnType<typeof readSettings>) => {
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};

t.test('settings: defaults where nothing is said', async (t) => {
  const settings = valueOf(readSettings('/nowhere', {}, {}));

  t.match(settings, { http: 8080, mqtt: 8883, listen: '127.0.0.1', tls: false, 'public-host': [], 'retention-days': 90, ssh: null });
});

t.test('settings: the file, then the environment, then the flags; the later wins', async (t) => {
  const data = t.testdir({ 'controller.yaml': 'http: 1001\nmqtt: 1002\nsite: File\npublic-host: [a.example, b.example]\n' });

  const settings = valueOf(
    readSettings(data, { site: 'Flag' }, { SONDE_MQTT: '2002', SONDE_SITE: 'Environment', SONDE_PUBLIC_HOST: 'c.example, d.example' }),
  );

  t.match(settings, { http: 1001, mqtt: 2002, site: 'Flag' });
  t.same(settings['public-host'], ['c.example', 'd.example']);
});

t.test('settings: every mistake is named with its place and what would be right', async (t) => {
  const reasonOf = (yaml: string, flags = {}, environment = {}): string => {
    const result = readSettings(t.testdir({ 'controller.yaml': yaml }), flags, environment);
    return result.ok ? 'accepted' : result.reason;
  };

  t.match(reasonOf('htp: 80'), /controller\.yaml: there is no setting "htp": the settings are http, mqtt/);
  t.match(reasonOf('publichost: [x]'), /there is no setting "publichost": did you mean "public-host"\?/);
  t.match(reasonOf('http: [1'), /controller\.yaml: /);
  t.match(reasonOf('{}', { http: '70000' }), /the command line: http: a port: 0 to 65535/);
  t.match(reasonOf('{}', {}, { SONDE_BROKER: 'amqp://x' }), /the environment: broker: mqtt:\/\//);
});

t.test('settings: beyond loopback the web admin speaks TLS', async (t) => {
  for (const [listen, tls] of [
    ['127.0.0.1', false],
    ['::1', false],
    ['127.8.8.8', false],
    ['0.0.0.0', true],
    ['192.0.2.1', true],
    ['::', true],
  ] as const)
    t.equal(valueOf(readSettings('/nowhere', { listen }, {})).tls, tls, listen);
});

t.test('settings: over SSH the host that was called is known', async (t) => {
  const settings = valueOf(readSettings('/nowhere', {}, { SSH_CONNECTION: '198.51.100.7 50000 192.0.2.10 22', USER: 'ops' }));

  t.same(settings.ssh, { user: 'ops', host: '192.0.2.10' });
});

t.test('settings: agents are told of an external broker without its password, and never to speak plain text', async (t) => {
  const told = (flags: Record<string, string>): string => {
    const result = readSettings('/nowhere', flags, {});
    return result.ok ? result.value.agentsBroker : result.reason;
  };

  t.equal(told({}), '');
  t.equal(told({ broker: 'mqtts://me:secret@broker.example:8884' }), 'mqtts://broker.example:8884');
  t.equal(told({ broker: 'mqtt://127.0.0.1:1883', 'agents-broker': 'wss://broker.example/mqtt' }), 'wss://broker.example/mqtt');
  t.match(told({ broker: 'mqtt://127.0.0.1:1883' }), /agents speak TLS only/);
});
