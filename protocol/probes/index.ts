import * as z from 'zod';
import { HostOptions, HostSample } from './host.ts';
import { IcmpOptions, IcmpSample } from './icmp.ts';
import { NetOptions, NetSample } from './net.ts';
import { SnmpOptions, SnmpSample } from './snmp.ts';

// The one list of probe kinds. Add a kind here and the compiler names every place that must follow.
export const ProbeOptions = z.discriminatedUnion('kind', [IcmpOptions, SnmpOptions, NetOptions, HostOptions]);
export const ProbeSample = z.discriminatedUnion('kind', [IcmpSample, SnmpSample, NetSample, HostSample]);
/** What a target may ask for. Devices have tasks of their own (protocol/device.ts), because those carry secrets. */
export const TargetProbeOptions = z.discriminatedUnion('kind', [IcmpOptions]);

export type ProbeOptions = z.infer<typeof ProbeOptions>;
export type ProbeSample = z.infer<typeof ProbeSample>;
export type TargetProbeOptions = z.infer<typeof TargetProbeOptions>;
export type ProbeKind = ProbeOptions['kind'];
export type OptionsOf<K extends ProbeKind> = Extract<ProbeOptions, { kind: K }>;
export type SampleOf<K extends ProbeKind> = Extract<ProbeSample, { kind: K }>;
