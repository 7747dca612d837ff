import { describeBroker, type OpenedBroker } from '../contract/broker.ts';
import { BrokerModel } from './broker.ts';
import { Host } from './host.ts';
import { Life } from './life.ts';
import { Line } from './line.ts';
import { seeded } from './random.ts';
import { Timeline } from './timeline.ts';

/** The model of the simulation, in fair weather, under a time line that runs on by itself. */
const openModel = async (): Promise<OpenedBroker> => {
  const random = seeded('contract');
  const timeline = new Timeline(0);
  const broker = new BrokerModel(timeline);
  const live = (name: string): { host: Host; life: Life } => {
    const host = new Host(timeline, random.fork(name), 0, 0);
    return { host, life: new Life(timeline, host, () => {}) };
  };
  let open = true;
  const running = (async () => {
    while (open) await timeline.run(timeline.now() + 1);
  })();
  return {
    broker: broker.side(live('controller').life),
    transport(agentId) {
      const line = new Line(timeline, random.fork(`${agentId} line`), 0.5);
      line.weather = { lose: 0, double: 0, late: 0 };
      return broker.transport({ id: agentId, line, ...live(agentId) });
    },
    async settle(ms) {
      const until = timeline.now() + ms;
      while (timeline.now() < until) await new Promise((resolve) => void setImmediate(resolve));
    },
    async [Symbol.asyncDispose]() {
      open = false;
      await running;
    },
  };
};

describeBroker('model', openModel);
