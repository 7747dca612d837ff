import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectPlain, isIP } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { CONTROLLER_SERVER_NAME } from '../../protocol/enrolment.ts';
import type { Step } from '../../protocol/steps.ts';
import { systemClock } from '../../protocol/time.ts';
import { EXIT } from '../cli/exit-codes.ts';
import { START } from '../program.ts';
import type { Settings } from '../settings.ts';
import { tryPort } from '../start/port-taken.ts';

const WITHIN_MS = 4_000;

/** The web admin's port: answers when the controller runs, is free when it does not. */
export const checkWebPort = async ({ http, listen, tls }: Settings, running: boolean): Promise<Step> => {
  if (http === 0) return { step: 'web admin', ok: true, detail: 'takes whatever port is free' };
  if (!running) return isFree('web admin', 'http', listen, http);
  const host = /^(0\.0\.0\.0|::)$/.test(listen) ? '127.0.0.1' : listen;
  const problem = await reach(host, http);
  return problem === null
    ? { step: 'web admin', ok: true, detail: `${tls ? 'https' : 'http'}://${listen}:${http} answers` }
    : {
        step: 'web admin',
        ok: false,
        detail: `${host}:${http}: ${problem}`,
        fix: 'is it another port than the settings say? "config show"',
        exit: EXIT.unavailable,
      };
};

/** The agents' port as an agent sees it: TLS under the fixed name, by our own authority, with its dates. */
export const checkAgentsPort = async ({ mqtt }: Settings, keys: string, running: boolean): Promise<Step> => {
  const step = 'agents';
  if (mqtt === 0) return { step, ok: true, detail: 'takes whatever port is free' };
  if (!running) return isFree(step, 'mqtt', '0.0.0.0', mqtt);
  const ca = readFileSync(join(keys, 'ca.crt'));
  const socket = connect({ host: '127.0.0.1', port: mqtt, servername: CONTROLLER_SERVER_NAME, ca, checkServerIdentity: () => undefined });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(WITHIN_MS) });
    const validTo = socket.getPeerX509Certificate()?.validTo ?? '';
    const days = Math.floor((Date.parse(validTo) - systemClock.now()) / 86_400_000);
    return { step, ok: days > 0, detail: `port ${mqtt} answers with a certificate of our own authority, good for ${days} more days` };
  } catch (error) {
    return { step, ok: false, detail: `port ${mqtt}: ${textOf(error)}`, fix: `restart the controller: ${START}`, exit: EXIT.unavailable };
  } finally {
    socket.destroy();
  }
};

export const checkBroker = async ({ broker }: Settings): Promise<Step> => {
  if (broker === undefined) return { step: 'broker', ok: true, detail: 'the embedded one' };
  const url = new URL(broker);
  const port = url.port === '' ? { 'mqtt:': 1883, 'mqtts:': 8883, 'ws:': 80, 'wss:': 443 }[url.protocol] : Number(url.port);
  const problem = await reach(url.hostname.replace(/^\[|\]$/g, ''), port ?? 8883);
  return problem === null
    ? { step: 'broker', ok: true, detail: `${url.protocol}//${url.host} answers` }
    : {
        step: 'broker',
        ok: false,
        detail: `${url.protocol}//${url.host}: ${problem}`,
        fix: 'is the broker running, and may this host reach it?',
        exit: EXIT.unavailable,
      };
};

/** The names that people and agents are told must lead somewhere. */
export const checkNames = async (settings: Settings): Promise<readonly Step[]> => {
  const names = settings['public-host'].filter((name) => isIP(name) === 0);
  if (names.length === 0)
    return [{ step: 'DNS', ok: true, detail: `no --public-host: agents are told "${settings['public-host'][0] ?? settings.hostname}"` }];
  return Promise.all(
    names.map(async (name): Promise<Step> => {
      try {
        const addresses = await Promise.race([lookup(name, { all: true }), late()]);
        return { step: 'DNS', ok: true, detail: `${name} is ${addresses.map(({ address }) => address).join(', ')}` };
      } catch (error) {
        return {
          step: 'DNS',
          ok: false,
          detail: `${name}: ${textOf(error)}`,
          fix: 'agents are told this name: make it resolve, or change --public-host',
          exit: EXIT.unavailable,
        };
      }
    }),
  );
};

const late = (): Promise<never> =>
  once(AbortSignal.timeout(WITHIN_MS), 'abort').then(() => Promise.reject(new Error(`no answer within ${WITHIN_MS / 1000} s`)));

const isFree = async (step: string, flag: 'http' | 'mqtt', host: string, port: number): Promise<Step> => {
  try {
    await tryPort(flag, host, port);
    return { step, ok: true, detail: `port ${port} is free; the controller does not run` };
  } catch (error) {
    return { step, ok: false, detail: textOf(error), fix: `ss -ltnp "sport = :${port}" says whose it is`, exit: EXIT.unavailable };
  }
};

/** null: something answers there. */
const reach = async (host: string, port: number): Promise<string | null> => {
  const socket = connectPlain({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(WITHIN_MS) });
    return null;
  } catch (error) {
    return textOf(error);
  } finally {
    socket.destroy();
  }
};

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.name === 'AbortError' ? `no answer within ${WITHIN_MS / 1000} s` : error.message) : String(error);
