import type { Dialled } from '../link/dial.ts';
import { dial, DialError } from '../link/dial.ts';
import { type Endpoint, formatEndpoint } from '../link/endpoint.ts';
import { ENROL_PATH, type EnrolRequest, EnrolResponse, parseToken } from '../../protocol/enrolment.ts';
import type { Labels } from '../../protocol/labels.ts';
import { EXIT } from '../settings.ts';
import type { Step } from '../../protocol/steps.ts';
import { post } from './exchange.ts';
import type { DataDirectory, IdentityFile } from './files.ts';
import { ensureKeys, makeRequest } from './keys.ts';

export interface RegisterOptions {
  readonly controller: Endpoint;
  /** The whole token, checked for its form. */
  readonly token: string;
  readonly name: string;
  readonly hostname: string;
  readonly labels: Labels;
  readonly data: DataDirectory;
  readonly nowMs: () => number | null;
  readonly tell: (step: Step) => void;
}

const NEW_TOKEN = 'make a new token on the controller: controller token create';

/** Enrols this host: reach the controller, prove it by the pin, only then say the secret; keep what comes back. null when a step failed, told with its fix. */
export const enrol = async (options: RegisterOptions, signal: AbortSignal): Promise<IdentityFile | null> => {
  const { controller, token, data, tell } = options;
  const { id, secret, pin } = parseToken(token);
  const dialled = await reach(options, pin, signal);
  if (dialled === null) return null;
  try {
    const { key, sealingPublicKey, made } = makeKeys(data);
    tell({ step: 'key', ok: true, detail: `${data.file('agent.key')}, ${made ? 'made' : 'kept'}; it never leaves this host` });
    const request: EnrolRequest = {
      token: `${id}_${secret}`,
      name: options.name,
      hostname: options.hostname,
      csr: await makeRequest(key, options.name),
      sealingKey: sealingPublicKey,
      labels: options.labels,
    };
    const reply = await post(dialled.socket, ENROL_PATH, request, EnrolResponse);
    if (!reply.ok) {
      tell({
        step: 'enrol',
        ok: false,
        detail: reply.error,
        fix: reply.fix,
        exit: reply.status === 429 || reply.status >= 500 ? EXIT.retry : EXIT.config,
      });
      return null;
    }
    const { agent, certificate, rootKey, brokerUrl, labels } = reply.value;
    data.writeCertificates(certificate, dialled.authority);
    const identity: IdentityFile = { agent, rootKey, controller: formatEndpoint(controller), broker: brokerUrl, labels };
    data.writeIdentity(identity);
    tell({ step: 'enrol', ok: true, detail: `as "${agent}"; certificate and identity are in ${data.path}` });
    return identity;
  } catch (error) {
    tell({
      step: 'enrol',
      ok: false,
      detail: error instanceof Error ? error.message : String(error),
      fix: 'run it again: the same token and key give the same certificate',
      exit: EXIT.retry,
    });
    return null;
  } finally {
    dialled.socket.destroy();
  }
};

const reach = async ({ controller, nowMs, tell }: RegisterOptions, pin: string, signal: AbortSignal): Promise<Dialled | null> => {
  const where = `${controller.host}:${controller.port}`;
  try {
    const dialled = await dial(controller, { anchor: { pin }, nowMs }, signal);
    tell({ step: 'reach', ok: true, detail: `TLS to ${where}` });
    tell({ step: 'trust', ok: true, detail: `the controller's authority is the one that the token names (${pin.slice(0, 16)}…)` });
    return dialled;
  } catch (error) {
    const trust = error instanceof DialError && error.step === 'trust';
    if (trust) tell({ step: 'reach', ok: true, detail: `TLS to ${where}` });
    const detail = error instanceof Error ? error.message : String(error);
    const fix = trust
      ? `is ${where} the controller that made the token? ${NEW_TOKEN}; the secret was not sent`
      : `is the controller running, and may this host reach ${where}? Try: curl -kv https://${where}/`;
    tell({ step: trust ? 'trust' : 'reach', ok: false, detail, fix, exit: trust ? EXIT.config : EXIT.unreachable });
    return null;
  }
};

const makeKeys = (data: DataDirectory): ReturnType<typeof ensureKeys> => {
  data.create();
  return ensureKeys(data);
};
