// Requests that an agent sends by itself when the controller is gone: rendered beforehand, with marks for what is not known yet.
import type { Notifier } from '../../../protocol/notifier.ts';
import type { PreparedPage } from '../../../protocol/watchdog.ts';
import type { Notification } from '../notification.ts';
import { render } from './index.ts';
import { SIGNATURE_HEADER } from './webhook.ts';

/** Moments that no real one is: in the rendered texts they are found again and become marks. */
const AT = Date.UTC(2100, 0, 1);
const NOW = AT + 1_000;
const MARKS: readonly (readonly [text: string, mark: string])[] = [
  [new Date(AT).toISOString(), '@AT@'],
  [new Date(NOW).toISOString(), '@NOW@'],
  [`"ts":${AT / 1_000}`, '"ts":@SECONDS@'],
  [`"ts":${NOW / 1_000}`, '"ts":@SECONDS@'],
];

/** What one agent says through one notifier; null when that kind is more than one HTTP request. */
export const prepare = (notifier: Notifier, agent: string, site: string, status: 'firing' | 'resolved'): PreparedPage | null => {
  const notification: Notification = {
    status,
    incident: 0,
    rule: 'controller-gone',
    ruleName: 'Controller gone',
    cause: `controller:${site}`,
    title: status === 'firing' ? `The controller of ${site} is gone` : `The controller of ${site} is back`,
    severity: 'critical',
    openedAt: AT,
    resolvedAt: status === 'resolved' ? NOW : null,
    members: [{ series: agent, agent, target: null, value: null, since: AT }],
  };
  const text =
    status === 'firing'
      ? `Agent ${agent} has not heard the controller since {{since}}. It goes on measuring; nobody else will page meanwhile.`
      : `Agent ${agent} hears the controller again; it was silent since {{since}}.`;
  const parcel = render({ ...notifier, template: { text } }, notification, '@KEY@', { origin: '' });
  if (parcel.by !== 'http') return null;
  const marked = MARKS.reduce((body, [moment, mark]) => body.replaceAll(moment, mark), parcel.body);
  const { [SIGNATURE_HEADER]: signature, ...headers } = parcel.headers;
  const secret = notifier.kind === 'webhook' ? notifier.hmacSecret : undefined;
  return {
    notifier: notifier.id,
    url: parcel.url,
    headers,
    body: marked,
    ...(signature === undefined || secret === undefined ? {} : { sign: { header: SIGNATURE_HEADER, secret } }),
    allowPrivate: parcel.allowPrivate,
  };
};
