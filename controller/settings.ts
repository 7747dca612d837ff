import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import type { Parsed } from '../protocol/labels.ts';
import { InfluxSettings, shownUrl } from './series/influx/settings.ts';

const Port = z.coerce.number('a port: 0 to 65535; 0 takes a free one').int().min(0).max(65_535);
const Names = z.union([z.array(z.string().min(1)), z.string().transform((text) => text.split(/[\s,]+/).filter(Boolean))]);
const LOOPBACK = /^(127(\.\d+){3}|::1|localhost)$/;

/** Every setting by the name that it has as a flag, in `controller.yaml` and, as SONDE_HTTP, in the environment. */
export const ControllerSettings = z.strictObject({
  /** Port of the web admin and the API. */
  http: Port.default(8080),
  /** Port of the agents: enrolment, MQTT and MQTT over WebSocket, all over TLS. */
  mqtt: Port.default(8883),
  /** Address on which the web admin listens. Beyond loopback it speaks TLS. */
  listen: z.string().min(1).default('127.0.0.1'),
  /** Names under which this host is reached: they go into the certificate, and the first one into the commands that people copy. */
  'public-host': Names.default([]),
  /** An external MQTT 3.1.1 broker instead of the embedded one. */
  broker: z.url({ protocol: /^(mqtts?|wss?)$/, error: 'mqtt://, mqtts://, ws:// or wss://' }).optional(),
  /** Where agents reach the external broker, when that is another address than ours. */
  'agents-broker': z.url({ protocol: /^(mqtts|wss)$/, error: 'mqtts:// or wss://' }).optional(),
  /** What the pages are headed with. */
  site: z.string().min(1).max(60).default('Sonde'),
  /** An InfluxDB instead of the embedded store; `http://USER:PASSWORD@HOST:8086` works too. */
  influx: z.url({ protocol: /^https?$/, error: 'http:// or https://, as http://127.0.0.1:8086' }).optional(),
  /** Its database (1.x, 3.x) or bucket (2.x). */
  'influx-database': z.string().min(1).max(64).default('telegraf'),
  'influx-retention-policy': z.string().max(64).default(''),
  'influx-org': z.string().max(120).default(''),
  'influx-user': z.string().max(120).default(''),
  'influx-password': z.string().max(500).default(''),
  'influx-token': z.string().max(2_000).default(''),
  'influx-api': z.enum(['auto', 'v1', 'v2']).default('auto'),
  /** Labels of agents and targets that become tags of the series. */
  'tag-labels': Names.default(['customer', 'country', 'partner', 'site']),
  'retention-days': z.coerce.number().int().min(1).max(36_500).default(90),
});
export type ControllerSettings = z.infer<typeof ControllerSettings>;
const NAMES = Object.keys(ControllerSettings.shape);

export interface Settings extends ControllerSettings {
  readonly data: string;
  readonly hostname: string;
  /** What new agents are told to use: `mqtts://host:port`, without anybody's password; '' is where they enrol. */
  readonly agentsBroker: string;
  /** True when the web admin must speak TLS. */
  readonly tls: boolean;
  /** What this program was called over SSH with, for the line that brings the page to the operator's own browser. */
  readonly ssh: { readonly user: string; readonly host: string } | null;
}

/** The InfluxDB that the settings name; null when they name none. A login in the address is taken out of it. */
export const influxOf = (settings: ControllerSettings): InfluxSettings | null => {
  if (settings.influx === undefined) return null;
  const url = new URL(settings.influx);
  return InfluxSettings.parse({
    url: shownUrl({ url: settings.influx }),
    database: settings['influx-database'],
    retentionPolicy: settings['influx-retention-policy'],
    org: settings['influx-org'],
    user: settings['influx-user'] === '' ? decodeURIComponent(url.username) : settings['influx-user'],
    password: settings['influx-password'] === '' ? decodeURIComponent(url.password) : settings['influx-password'],
    token: settings['influx-token'],
    api: settings['influx-api'],
    retentionDays: settings['retention-days'],
  });
};

export const DATA_DIRECTORY = './data';

/** Directory of the data: the flag, or SONDE_DATA, or ./data. */
export const dataDirectory = (flag: string | undefined, environment: NodeJS.ProcessEnv = process.env): string =>
  resolve(flag ?? environment['SONDE_DATA'] ?? DATA_DIRECTORY);

/** `controller.yaml` in the data directory, then SONDE_*, then the flags: the later wins. The reason names the setting and where it came from. */
export const readSettings = (
  data: string,
  flags: Readonly<Record<string, unknown>>,
  environment: NodeJS.ProcessEnv = process.env,
): Parsed<Settings> => {
  const path = join(data, 'controller.yaml');
  const sources: readonly (readonly [where: string, values: () => unknown])[] = [
    [path, () => (existsSync(path) ? (parse(readFileSync(path, 'utf8')) ?? {}) : {})],
    ['the environment', () => fromEnvironment(environment)],
    ['the command line', () => flags],
  ];
  const merged: Record<string, unknown> = {};
  for (const [where, values] of sources) {
    const parsed = readSource(values);
    if (!parsed.ok) return { ok: false, reason: `${where}: ${parsed.reason}` };
    Object.assign(merged, parsed.value);
  }
  const settings = ControllerSettings.parse(merged);
  const agentsBroker = agentsBrokerOf(settings);
  if (agentsBroker === null)
    return {
      ok: false,
      reason: 'agents-broker: agents speak TLS only; say where they reach this broker with --agents-broker mqtts://HOST:PORT',
    };
  return {
    ok: true,
    value: { ...settings, agentsBroker, data, hostname: hostname(), tls: !LOOPBACK.test(settings.listen), ssh: sshOf(environment) },
  };
};

const agentsBrokerOf = (settings: ControllerSettings): string | null => {
  const text = settings['agents-broker'] ?? settings.broker;
  if (text === undefined) return '';
  const { protocol, host, pathname } = new URL(text);
  return /^(mqtts|wss):$/.test(protocol) ? `${protocol}//${host}${pathname === '/' ? '' : pathname}` : null;
};

const readSource = (values: () => unknown): Parsed<Partial<ControllerSettings>> => {
  let given: unknown;
  try {
    given = values();
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
  // `partial` keeps the defaults; only what was given may override an earlier source.
  const parsed = ControllerSettings.partial().safeParse(given);
  if (!parsed.success) return { ok: false, reason: parsed.error.issues.map(explain).join('; ') };
  const names = new Set(Object.keys(z.record(z.string(), z.unknown()).parse(given)));
  return { ok: true, value: Object.fromEntries(Object.entries(parsed.data).filter(([name]) => names.has(name))) };
};

const explain = (issue: z.core.$ZodIssue): string =>
  issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => `there is no setting "${key}": ${suggest(key)}`).join('; ')
    : `${issue.path.join('.')}: ${issue.message}`;

const suggest = (key: string): string => {
  const near = NAMES.find(
    (name) => name.replaceAll('-', '') === key.replaceAll(/[-_]/g, '').toLowerCase() || name.startsWith(key.slice(0, 3)),
  );
  return near === undefined ? `the settings are ${NAMES.join(', ')}` : `did you mean "${near}"?`;
};

const fromEnvironment = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = environment[`SONDE_${name.toUpperCase().replaceAll('-', '_')}`];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** SSH_CONNECTION is `client-address client-port server-address server-port`. */
const sshOf = (environment: NodeJS.ProcessEnv): Settings['ssh'] => {
  const host = environment['SSH_CONNECTION']?.split(' ')[2];
  return host === undefined ? null : { user: environment['USER'] ?? environment['LOGNAME'] ?? 'root', host };
};
