import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { type CommandOrder, openCommands, type Part } from '../../../../controller/fleet/commands.ts';
import { decode } from '../../../../protocol/codec.ts';
import { Command } from '../../../../protocol/command.ts';
import { Signed } from '../../../../protocol/config.ts';
import { systemRandom } from '../../../../protocol/random.ts';
import { sealingContext, unseal } from '../../../../protocol/sealing.ts';
import { formatPublicKey } from '../../../../protocol/signature.ts';
import { makeSigner } from '../../../helpers/controller.ts';
import { makeManualClock } from '../../../helpers/manual-clock.ts';
import { onlineStatus } from '../../../helpers/api.ts';

const keys = generateKeyPairSync('x25519');
const order: CommandOrder = {
  agent: 'ams1',
  sealingKey: formatPublicKey(keys.publicKey),
  secrets: { community: 'hush' },
  withinMs: 60_000,
  errand: {
    do: 'snmp-walk',
    port: 161,
    access: { version: '2c' },
    sealed: '',
    timeoutMs: 1_000,
    retries: 1,
    address: '192.0.2.7',
    family: 'any',
    root: '1.3',
    most: 9,
  },
};
const variable = (n: number) => ({ oid: `1.3.${n}`, type: 'INTEGER', value: n });
const part = (id: string, number: number, change: object = {}) => ({
  v: 1 as const,
  id,
  part: number,
  variables: [variable(number)],
  devices: [],
  end: null,
  ...change,
});

const open = (online = true, capabilities = ['icmp', 'command']) => {
  const clock = makeManualClock();
  const sent: { topic: string; command: Command }[] = [];
  const commands = openCommands({
    signer: makeSigner(),
    random: systemRandom,
    clock,
    presence: (agent) => (agent === 'ams1' ? { online, status: onlineStatus({ capabilities }) } : undefined),
    publish(topic, payload) {
      const message = decode(Signed, payload);
      if (message.ok) sent.push({ topic, command: Command.parse(JSON.parse(message.value.body)) });
    },
  });
  const stop = new AbortController();
  const ask = () => {
    const asked = commands.send(order, stop.signal);
    if (!asked.ok) throw new Error(asked.reason);
    return { parts: asked.value, command: sent.at(-1)?.command ?? null, id: sent.at(-1)?.command.id ?? '' };
  };
  return { clock, sent, commands, stop, ask };
};
const all = async (parts: AsyncIterable<Part>): Promise<Part[]> => Array.fromAsync(parts);

t.test('a command is signed for its agent, ends soon, and its secrets open with that key and id only', async (t) => {
  const { ask, sent, clock } = open();
  const { command, id } = ask();

  t.equal(sent[0]?.topic, 'sonde/v1/ams1/command');
  t.match(command, { agent: 'ams1', generation: 1, at: clock.now(), withinMs: 60_000, errand: { do: 'snmp-walk' } });
  const pem = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const sealed = command?.errand.sealed ?? '';
  t.same(unseal(pem, sealingContext('ams1', id), sealed), { ok: true, value: '{"community":"hush"}' });
  t.notOk(unseal(pem, sealingContext('ams1', 'f'.repeat(32)), sealed).ok);
});

t.test('parts come in order, once each, up to the end', async (t) => {
  const { ask, commands } = open();
  const { parts, id } = ask();
  commands.reply('ams1', part(id, 0));
  commands.reply('ams1', part(id, 0));
  commands.reply('fra1', part(id, 1, { variables: [variable(99)] }));
  commands.reply('ams1', part('e'.repeat(32), 1));
  commands.reply('ams1', part(id, 1));
  commands.reply('ams1', part(id, 2, { variables: [], end: { ok: true } }));

  t.same(
    (await all(parts)).map(({ variables, end }) => [variables.map(({ value }) => value), end]),
    [
      [[0], null],
      [[1], null],
      [[], { ok: true }],
    ],
  );
});

t.test('a part that was lost ends it, and says so', async (t) => {
  const { ask, commands } = open();
  const { parts, id } = ask();
  commands.reply('ams1', part(id, 1));
  t.match(await all(parts), [{ end: { ok: false, reason: 'incomplete' } }]);
});

t.test('an agent that does not answer is not waited for for ever', async (t) => {
  const { ask, clock } = open();
  const { parts } = ask();
  const waiting = all(parts);
  await clock.advance(90_000);
  t.match(await waiting, [{ end: { ok: false, reason: 'no-answer', detail: /ams1/ } }]);
});

t.test('who stops listening is told nothing more', async (t) => {
  const { ask, stop } = open();
  const { parts } = ask();
  const waiting = all(parts);
  stop.abort();
  t.same(await waiting, []);
});

t.test('an agent that is off, or that knows no commands, is not asked', async (t) => {
  for (const [online, capabilities, why] of [
    [false, ['command'], /not connected/],
    [true, ['icmp'], /too old/],
  ] as const) {
    const { commands, sent } = open(online, [...capabilities]);
    t.match(commands.send(order, new AbortController().signal), { ok: false, reason: why });
    t.same(sent, []);
  }
});
