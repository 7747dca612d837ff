import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import type { Parsed } from '../protocol/labels.ts';
import { InfluxSettings, shownUrl } from './series/influx/settings.ts';
import { type ServiceManager, serviceManagerIn } from '../protocol/sd-notify.ts';
import { type SettingsSource, settingsIn, settle } from '../protocol/settings.ts';
import { PACKAGED } from './program.ts';

const Port = z.coerce.number('a port: 0 to 65535; 0 takes a free one').int().min(0).max(65_535);
const Days = z.coerce.number().int().min(1).max(36_500);
const Names = z.union([z.array(z.string().min(1)), z.string().transform((text) => text.split(/[\s,]+/).filter(Boolean))]);
const DAY_MS = 86_400_000;
const LOOPBACK = /^(127(\.\d+){3}|::1|localhost)$/;

/** Every setting, and what it means, by the name that it has as a flag, in `controller.yaml` and, as SONDE_HTTP, in the environment. */
export const ControllerSettings = z.strictObject({
  http: Port.default(8080).describe('Port of the web admin and the API.'),
  mqtt: Port.default(8883).describe('Port of the agents: enrolment, MQTT and MQTT over WebSocket, all over TLS.'),
  listen: z.string().min(1).default('127.0.0.1').describe('Address on which the web admin listens. Beyond loopback it speaks TLS.'),
  'public-host': Names.default([]).describe(
    'Names under which this host is reached: they go into the certificate, and the first one into the commands that people copy.',
  ),
  broker: z
    .url({ protocol: /^(mqtts?|wss?)$/, error: 'mqtt://, mqtts://, ws:// or wss://' })
    .optional()
    .describe('An external MQTT 3.1.1 broker instead of the embedded one.'),
  'agents-broker': z
    .url({ protocol: /^(mqtts|wss)$/, error: 'mqtts:// or wss://' })
    .optional()
    .describe('Where agents reach the external broker, when that is another address than ours.'),
  site: z.string().min(1).max(60).default('Sonde').describe('What the pages are headed with.'),
  influx: z
    .url({ protocol: /^https?$/, error: 'http:// or https://, as http://127.0.0.1:8086' })
    .optional()
    .describe('An InfluxDB instead of the embedded store; http://USER:PASSWORD@HOST:8086 works too.'),
  'influx-database': z.string().min(1).max(64).default('telegraf').describe('Its database (1.x, 3.x) or bucket (2.x).'),
  'influx-retention-policy': z.string().max(64).default('').describe('One that is not the default one (1.x).'),
  'influx-org': z.string().max(120).default('').describe('Organisation (2.x).'),
  'influx-user': z.string().max(120).default('').describe('Who writes there (1.x).'),
  'influx-password': z.string().max(500).default(''),
  'influx-token': z.string().max(2_000).default(''),
  'influx-api': z
    .enum(['auto', 'v1', 'v2'])
    .default('auto')
    .describe('Write to /write or to /api/v2/write whatever the version: v1, v2, auto.'),
  'tag-labels': Names.default(['customer', 'country', 'partner', 'site']).describe(
    'Labels of agents and targets that become tags of the series.',
  ),
  packages: z
    .string()
    .min(1)
    .default(PACKAGED ? '/usr/share/sonde/packages' : 'dist')
    .describe("Folder with the agents' packages (.deb) that the installer hands out."),
  'origin-series': z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000_000)
    .default(10_000)
    .describe('Series that each other writer (Telegraf, scripts) may have.'),
  'retention-days': Days.default(90).describe('Days for which rounds are kept as they were measured, and incidents and events.'),
  'retention-1m-days': Days.default(180).describe('Days for which windows of a minute are kept.'),
  'retention-5m-days': Days.default(400).describe('Days for which windows of five minutes are kept.'),
  'retention-1h-days': Days.default(1_830).describe('Days for which windows of an hour are kept.'),
});
export type ControllerSettings = z.infer<typeof ControllerSettings>;
export const NAMES = Object.keys(ControllerSettings.shape);

export interface Settings extends ControllerSettings {
  readonly data: string;
  readonly hostname: string;
  /** Where each setting came from; what is missing here has its default. */
  readonly origins: Readonly<Record<string, string>>;
  /** systemd, when it started us and waits to hear from us. */
  readonly manager: ServiceManager | null;
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

export const DATA_DIRECTORY = PACKAGED ? '/var/lib/sonde-controller' : './data';
const SYSTEM_FILE = '/etc/sonde/controller.yaml';

/** Directory of the data: the flag, or SONDE_DATA, or ./data. */
export const dataDirectory = (flag: string | undefined, environment: NodeJS.ProcessEnv = process.env): string =>
  resolve(flag ?? environment['SONDE_DATA'] ?? DATA_DIRECTORY);

/**
 * The file (of the package /etc/sonde/controller.yaml, or the one that is named; then `controller.yaml` in the data directory), then SONDE_*, then the
 * flags: the later wins. The reason names the setting and where it came from.
 */
export const readSettings = (
  data: string,
  flags: Readonly<Record<string, unknown>>,
  environment: NodeJS.ProcessEnv = process.env,
  named: string | undefined = environment['SONDE_CONFIG'],
): Parsed<Settings> => {
  const files = named === undefined ? [SYSTEM_FILE].filter((path) => PACKAGED && existsSync(path)) : [named];
  const beside = join(data, 'controller.yaml');
  const sources: SettingsSource[] = [];
  for (const path of existsSync(beside) ? [...files, beside] : files) {
    const read = readFile(path);
    if (!read.ok) return read;
    sources.push({ where: path, values: read.value });
  }
  sources.push({ where: 'the environment', values: settingsIn(environment, NAMES) }, { where: 'the command line', values: flags });
  const settled = settle(ControllerSettings, sources);
  if (!settled.ok) return settled;
  const { values: settings, origins } = settled.value;
  const agentsBroker = agentsBrokerOf(settings);
  if (agentsBroker === null)
    return {
      ok: false,
      reason: 'agents-broker: agents speak TLS only; say where they reach this broker with --agents-broker mqtts://HOST:PORT',
    };
  const own = {
    agentsBroker,
    data,
    origins,
    manager: serviceManagerIn(environment),
    hostname: hostname(),
    tls: !LOOPBACK.test(settings.listen),
    ssh: sshOf(environment),
  };
  return { ok: true, value: { ...settings, ...own } };
};

const readFile = (path: string): Parsed<unknown> => {
  try {
    return { ok: true, value: parse(readFileSync(path, 'utf8')) ?? {} };
  } catch (error) {
    return { ok: false, reason: `${path}: ${error instanceof Error ? error.message : String(error)}` };
  }
};

/** By tier, ms. */
export const retentionOf = (settings: ControllerSettings) => ({
  raw: settings['retention-days'] * DAY_MS,
  '1m': settings['retention-1m-days'] * DAY_MS,
  '5m': settings['retention-5m-days'] * DAY_MS,
  '1h': settings['retention-1h-days'] * DAY_MS,
});

const agentsBrokerOf = (settings: ControllerSettings): string | null => {
  const text = settings['agents-broker'] ?? settings.broker;
  if (text === undefined) return '';
  const { protocol, host, pathname } = new URL(text);
  return /^(mqtts|wss):$/.test(protocol) ? `${protocol}//${host}${pathname === '/' ? '' : pathname}` : null;
};

/** SSH_CONNECTION is `client-address client-port server-address server-port`. */
const sshOf = (environment: NodeJS.ProcessEnv): Settings['ssh'] => {
  const host = environment['SSH_CONNECTION']?.split(' ')[2];
  return host === undefined ? null : { user: environment['USER'] ?? environment['LOGNAME'] ?? 'root', host };
};
