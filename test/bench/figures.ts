import { countOf, decodeSketch, makeSketch, mergeSketches, quantileOf, type Sketch } from '../../protocol/sketch.ts';

/** What one prober did under one load. RTTs in µs. */
export interface Figures {
  readonly sent: number;
  readonly lost: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  /** CPU of the process that sends, µs a packet, after its start. */
  readonly cpuUs: number;
  /** CPU of the whole program, µs a packet. */
  readonly wholeCpuUs: number;
}

export const figuresOf = (run: {
  readonly rttsMs?: readonly number[];
  readonly sketches?: readonly string[];
  readonly sent: number;
  readonly lost: number;
  readonly cpuNs: number;
  readonly cpuPackets: number;
  readonly wholeCpuNs: number;
}): Figures => {
  const sketch = run.rttsMs === undefined ? mergeSketches((run.sketches ?? []).map(decoded)) : makeSketch(run.rttsMs);
  if (countOf(sketch) === 0) throw new Error(`nothing came back of ${run.sent} packets`);
  const us = (q: number): number => Math.round((quantileOf(sketch, q) ?? Number.NaN) * 10_000) / 10;
  return {
    sent: run.sent,
    lost: run.lost,
    p50Us: us(0.5),
    p99Us: us(0.99),
    p999Us: us(0.999),
    cpuUs: Math.round(run.cpuNs / run.cpuPackets / 10) / 100,
    wholeCpuUs: Math.round(run.wholeCpuNs / run.cpuPackets / 10) / 100,
  };
};

const decoded = (text: string): Sketch => {
  const sketch = decodeSketch(text);
  if (!sketch.ok) throw new Error(sketch.reason);
  return sketch.value;
};
