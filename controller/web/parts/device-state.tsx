import type { DeviceView, PortView } from '../../../protocol/api-devices.ts';
import { portWord } from '../format/traffic.ts';
import { type Shape, State } from './state.tsx';

const shapes: { readonly [K in DeviceView['state']]: readonly [Shape, string] } = {
  ok: ['ok', 'ok'],
  partial: ['degraded', 'read in part'],
  failed: ['noReply', 'no answer'],
  'no-data': ['noData', 'no data'],
  off: ['off', 'agent off'],
  waiting: ['waiting', 'waiting'],
};

export const DeviceStateMark = ({ device, why }: { readonly device: DeviceView; readonly why?: boolean }) => {
  const [shape, word] = shapes[device.state];
  return <State shape={shape} word={word} why={why === false ? undefined : device.reason} />;
};

const order: readonly DeviceView['state'][] = ['failed', 'no-data', 'off', 'partial', 'waiting', 'ok'];
/** The least number wants attention first. */
export const deviceUrgency = (device: DeviceView): number => order.indexOf(device.state);

const portShape = ({ admin, oper, goneAt }: PortView): Shape =>
  goneAt !== null ? 'noData' : admin === 2 ? 'off' : oper === 1 ? 'ok' : oper === 2 ? 'noReply' : 'degraded';

export const PortStateMark = ({ port }: { readonly port: PortView }) => <State shape={portShape(port)} word={portWord(port)} />;

/** How full a line is, both ways, as two bars; the figures stand beside them. */
export const UtilisationBars = ({ port }: { readonly port: PortView }) => {
  const bar = (ratio: number | undefined, name: string) => (
    <i class="util-bar" title={ratio === undefined ? `${name}: not known` : `${name}: ${(ratio * 100).toFixed(1)} %`}>
      <b class={(ratio ?? 0) > 0.8 ? 'full' : ''} style={{ width: `${Math.max(ratio ? 1 : 0, (ratio ?? 0) * 100)}%` }} />
    </i>
  );
  return (
    <span class="util" aria-hidden="true">
      {bar(port.rates?.inUtilizationRatio, 'in')}
      {bar(port.rates?.outUtilizationRatio, 'out')}
    </span>
  );
};
