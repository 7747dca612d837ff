import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Broker, LinkMessage, Session, Transport } from '../../protocol/link.ts';
import { everyAgentsTopic, topic, topicsToAgent } from '../../protocol/topics.ts';

/** A broker that was just started, with the agents `ams1` and `fra1` enrolled. */
export interface OpenedBroker extends AsyncDisposable {
  readonly broker: Broker;
  /** How the agent with this id connects. */
  transport(agentId: string): Transport;
  /** Lets the time of this broker pass; the real ones need none of it. */
  settle?(ms: number): Promise<void>;
}

const WAIT_MS = 5_000;
const text = (payload: Uint8Array): string => Buffer.from(payload).toString('utf8');
const bytes = (message: string): Uint8Array => Buffer.from(message);

/** What agents and the controller may rely on, whatever the broker. */
export const describeBroker = (name: string, open: () => Promise<OpenedBroker>): void => {
  const scenario = (title: string, body: (t: Test, opened: Opened) => Promise<void>): void => {
    t.test(`${name}: ${title}`, { timeout: 30_000 }, async (t) => {
      await using opened = await open();
      await body(t, withTools(opened));
    });
  };

  scenario('what an agent publishes reaches the controller, with its topic and bytes', async (t, { broker, join, until }) => {
    const got: LinkMessage[] = [];
    await broker.subscribe(everyAgentsTopic('rounds'), (message) => got.push(message));
    const agent = await join('ams1');

    await agent.session.publish(topic('ams1', 'rounds'), new Uint8Array([0x28, 0xb5, 0, 255]));

    await until(() => got.length === 1);
    t.equal(got[0]?.topic, 'sonde/v1/ams1/rounds');
    t.same([...(got[0]?.payload ?? [])], [0x28, 0xb5, 0, 255]);
  });

  scenario('what the controller publishes reaches that agent and no other', async (t, { broker, join, until }) => {
    const [ams1, fra1] = [await join('ams1'), await join('fra1')];

    await broker.publish(topic('ams1', 'rounds/ack'), bytes('one'));
    await broker.publish(topic('fra1', 'rounds/ack'), bytes('two'));

    await until(() => ams1.got.length === 1 && fra1.got.length === 1);
    t.same(
      ams1.got.map(({ payload }) => text(payload)),
      ['one'],
    );
    t.same(
      fra1.got.map(({ payload }) => text(payload)),
      ['two'],
    );
  });

  scenario('a retained message meets an agent that comes later, the newest only', async (t, { broker, join, until }) => {
    await broker.publish(topic('ams1', 'config'), bytes('old'), { retain: true });
    await broker.publish(topic('ams1', 'config'), bytes('new'), { retain: true });
    await broker.publish(topic('ams1', 'rounds/ack'), bytes('missed'));

    const agent = await join('ams1');

    await until(() => agent.got.length > 0);
    t.same(
      agent.got.map(({ payload }) => text(payload)),
      ['new'],
    );
  });

  scenario('messages of one agent keep their order', async (t, { broker, join, until }) => {
    const got: string[] = [];
    await broker.subscribe(everyAgentsTopic('rounds'), ({ payload }) => got.push(text(payload)));
    const agent = await join('ams1');
    const sent = Array.from({ length: 50 }, (_, i) => String(i));

    await Promise.all(sent.map((body) => agent.session.publish(topic('ams1', 'rounds'), bytes(body))));

    await until(() => got.length === sent.length);
    t.same(got, sent);
  });

  scenario('QoS 0 goes both ways', async (t, { broker, join, until }) => {
    await broker.subscribe(everyAgentsTopic('clock/request'), ({ payload }) => {
      void broker.publish(topic('ams1', 'clock/reply'), payload, { qos: 0 });
    });
    const agent = await join('ams1');

    await agent.session.publish(topic('ams1', 'clock/request'), bytes('t1'), { qos: 0 });

    await until(() => agent.got.length === 1);
    t.equal(agent.got[0]?.topic, topic('ams1', 'clock/reply'));
  });

  scenario('a goodbye sends no last will; a second session of an agent ends its first', async (t, { broker, join, until, settle }) => {
    const wills: string[] = [];
    await broker.subscribe(everyAgentsTopic('status'), ({ topic }) => wills.push(topic));
    const gone = await join('fra1');
    await gone.session.close();
    const first = await join('ams1');

    const second = await join('ams1');

    t.equal(typeof (await first.session.closed), 'string');
    await until(() => wills.length > 0);
    await settle(50);
    t.same(wills, [topic('ams1', 'status')]);
    await broker.publish(topic('ams1', 'rounds/ack'), bytes('still here'));
    await until(() => second.got.length > 0);
  });

  scenario('publishing after the session has ended rejects', async (t, { join }) => {
    const agent = await join('ams1');
    await agent.session.close();

    await t.rejects(agent.session.publish(topic('ams1', 'rounds'), bytes('late')));
  });

  scenario('a fresh broker is announced at least once, and a handler that throws does no harm', async (t, { broker, join, until }) => {
    let fresh = 0;
    let got = 0;
    broker.onFresh(() => (fresh += 1));
    await broker.subscribe(everyAgentsTopic('event'), () => {
      throw new Error('a handler of the test');
    });
    await broker.subscribe(everyAgentsTopic('rounds'), () => (got += 1));
    const agent = await join('ams1');

    await agent.session.publish(topic('ams1', 'event'), bytes('{}'));
    await agent.session.publish(topic('ams1', 'rounds'), bytes('{}'));

    await until(() => got === 1 && fresh > 0);
    t.ok(fresh > 0);
  });
};

interface Joined {
  readonly session: Session;
  readonly got: LinkMessage[];
}
interface Opened extends OpenedBroker {
  join(agentId: string): Promise<Joined>;
  until(condition: () => boolean): Promise<void>;
  settle(ms: number): Promise<void>;
}

const withTools = (opened: OpenedBroker): Opened => {
  const settle = (ms: number): Promise<void> => opened.settle?.(ms) ?? delay(ms);
  return {
    ...opened,
    settle,
    transport: (agentId) => opened.transport(agentId),
    join: async (agentId) => {
      const got: LinkMessage[] = [];
      const session = await opened.transport(agentId).connect(
        {
          will: { topic: topic(agentId, 'status'), payload: bytes('{"state":"offline"}') },
          subscriptions: topicsToAgent(agentId),
          onMessage: (message) => got.push(message),
        },
        new AbortController().signal,
      );
      return { session, got };
    },
    until: async (condition) => {
      for (let waited = 0; !condition(); waited += 10) {
        if (waited > WAIT_MS) throw new Error(`not within ${WAIT_MS} ms: ${condition.toString()}`);
        await settle(10);
      }
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
};
