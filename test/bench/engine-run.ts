import { type MeasureOrder, measureIn, sampleOf } from '../netns/measurement.ts';
import type { Namespace } from '../netns/namespace.ts';
import { type Figures, figuresOf } from './figures.ts';

/** The nice value that the agent's unit gives it (systemd/sonde-agent.service). */
export const AGENT_NICE = -10;

/** The engine under its supervisor, without the rest of the agent: as much as it is asked for. */
export const runEngine = async (namespace: Namespace, order: MeasureOrder): Promise<Figures & { socketDrops: number; unknown: number }> => {
  const { rounds, report } = await measureIn(namespace, { nice: AGENT_NICE, ...order });
  const samples = rounds.map(({ round }) => sampleOf(round));
  const count = (of: 'sent' | 'lost' | 'unknown'): number => samples.reduce((sum, sample) => sum + sample[of], 0);
  const figures = figuresOf({
    sketches: samples.map(({ sketch }) => sketch),
    sent: count('sent'),
    lost: count('lost') + count('unknown'),
    cpuNs: report.cpu.engineNs,
    cpuPackets: report.cpu.packets,
    wholeCpuNs: report.cpu.engineNs + report.cpu.restNs,
  });
  return { ...figures, socketDrops: report.counters.socketDrops, unknown: count('unknown') };
};
