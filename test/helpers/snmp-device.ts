import type { BerValue } from './ber.ts';
import type { Mib } from './snmp-responder.ts';

/** One port of a made-up device, as IF-MIB shows it. Counters are read when they are asked for. */
export interface MadePort {
  index: number;
  name: string;
  alias?: string;
  physAddress?: string;
  type?: number;
  speedMbps?: number;
  admin?: number;
  oper?: number;
  inOctets: bigint;
  outOctets: bigint;
  packets?: bigint;
  errors?: number;
  discontinuityCs?: number;
  /** No 64-bit counters. */
  narrow?: boolean;
}

export interface MadeDevice {
  sysName: string;
  upTimeCs: () => number;
  ports: MadePort[];
  extra?: Mib;
}

const octets = (value: string | Uint8Array): BerValue => ({ type: 'octets', value });
const whole = (value: number): BerValue => ({ type: 'integer', value });
const gauge = (value: number): BerValue => ({ type: 'gauge', value });
const narrow = (value: bigint): BerValue => ({ type: 'counter', value: Number(value & 0xffff_ffffn) });
const wide = (value: bigint): BerValue => ({ type: 'counter64', value: value & 0xffff_ffff_ffff_ffffn });
const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(':', ''), 'hex');

/** What the device answers now; ask again after its ports have changed. Counters are live. */
export const mibOf = (device: MadeDevice): Mib => {
  const mib: Record<string, Mib[string]> = {
    '1.3.6.1.2.1.1.1.0': octets('a made-up device'),
    '1.3.6.1.2.1.1.2.0': { type: 'oid', value: '1.3.6.1.4.1.99999.1' },
    '1.3.6.1.2.1.1.3.0': () => ({ type: 'ticks', value: device.upTimeCs() }),
    '1.3.6.1.2.1.1.5.0': octets(device.sysName),
    ...device.extra,
  };
  for (const port of device.ports) Object.assign(mib, portOids(port));
  return mib;
};

const portOids = (port: MadePort): Mib => {
  const { index: i } = port;
  const IF = '1.3.6.1.2.1.2.2.1';
  const IFX = '1.3.6.1.2.1.31.1.1.1';
  const speed = port.speedMbps ?? 1_000;
  const packets = (): bigint => port.packets ?? port.inOctets / 500n;
  return {
    [`${IF}.2.${i}`]: octets(port.name),
    [`${IF}.3.${i}`]: whole(port.type ?? 6),
    [`${IF}.4.${i}`]: whole(1_500),
    [`${IF}.5.${i}`]: gauge(Math.min(4_294_967_295, speed * 1e6)),
    [`${IF}.6.${i}`]: octets(hex(port.physAddress ?? '')),
    [`${IF}.7.${i}`]: () => whole(port.admin ?? 1),
    [`${IF}.8.${i}`]: () => whole(port.oper ?? 1),
    [`${IF}.10.${i}`]: () => narrow(port.inOctets),
    [`${IF}.11.${i}`]: () => narrow(packets()),
    [`${IF}.13.${i}`]: narrow(0n),
    [`${IF}.14.${i}`]: () => narrow(BigInt(port.errors ?? 0)),
    [`${IF}.16.${i}`]: () => narrow(port.outOctets),
    [`${IF}.17.${i}`]: () => narrow(packets()),
    [`${IF}.19.${i}`]: narrow(0n),
    [`${IF}.20.${i}`]: narrow(0n),
    [`${IFX}.1.${i}`]: octets(port.name),
    [`${IFX}.15.${i}`]: gauge(speed),
    [`${IFX}.18.${i}`]: octets(port.alias ?? ''),
    ...(port.discontinuityCs === undefined
      ? {}
      : { [`${IFX}.19.${i}`]: (): BerValue => ({ type: 'ticks', value: port.discontinuityCs ?? 0 }) }),
    ...(port.narrow === true
      ? {}
      : {
          [`${IFX}.6.${i}`]: () => wide(port.inOctets),
          [`${IFX}.7.${i}`]: () => wide(packets()),
          [`${IFX}.8.${i}`]: wide(0n),
          [`${IFX}.9.${i}`]: wide(0n),
          [`${IFX}.10.${i}`]: () => wide(port.outOctets),
          [`${IFX}.11.${i}`]: () => wide(packets()),
          [`${IFX}.12.${i}`]: wide(0n),
          [`${IFX}.13.${i}`]: wide(0n),
        }),
  };
};
