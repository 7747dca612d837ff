import { once } from 'node:events';
import { request } from 'node:https';
import t from 'tap';
import {
  CONTROLLER_SERVER_NAME,
  ENROL_PATH,
  type EnrolmentRefusal,
  EnrolResponse,
  RENEW_PATH,
  RenewResponse,
} from '../../../protocol/enrolment.ts';
import type * as z from 'zod';
import { type Credentials, enrolRequest, type FleetDoor, makeKeyAndRequest, openFleetDoor, transportOf } from '../../helpers/fleet-door.ts';

const DAY_MS = 86_400_000;

interface Answer {
  readonly status: number;
  readonly json: unknown;
}

const post = async (door: FleetDoor, path: string, body: unknown, credentials?: Credentials): Promise<Answer> => {
  const outgoing = request({
    host: '127.0.0.1',
    port: door.port,
    path,
    method: 'POST',
    servername: CONTROLLER_SERVER_NAME,
    ca: door.authority.certificatePem,
    agent: false,
    ...(credentials === undefined ? {} : { key: credentials.key, cert: credentials.certificate }),
  });
  outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
  const [incoming] = await once(outgoing, 'response');
  const chunks: Buffer[] = await incoming.toArray();
  return { status: incoming.statusCode, json: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
};
const refusal = (answer: Answer): z.infer<typeof EnrolmentRefusal> => answer.json as z.infer<typeof EnrolmentRefusal>; // A test looks at whatever came.

const enrol = async (door: FleetDoor, token: string, change: object = {}) => {
  const { key, csr } = await makeKeyAndRequest();
  const body = enrolRequest(token, csr, change);
  const answer = await post(door, ENROL_PATH, body);
  return { answer, body, key, csr };
};

t.test('enrol: a token and a request give a certificate that the broker takes', async (t) => {
  await using door = await openFleetDoor();
  const { text } = await door.token({ labels: { country: 'de' } });

  const { answer, key } = await enrol(door, text, { labels: { country: 'fr', tier: 'pop' } });

  t.equal(answer.status, 200);
  const response = EnrolResponse.parse(answer.json);
  t.equal(response.agent, 'ams1');
  t.same(response.labels, { country: 'de', tier: 'pop' }, "the token's labels win");
  const transport = transportOf('ams1', door, { key, certificate: response.certificate });
  const session = await transport.connect(
    { will: { topic: 'sonde/v1/ams1/status', payload: Buffer.from('x') }, subscriptions: ['sonde/v1/ams1/config'], onMessage: () => {} },
    new AbortController().signal,
  );
  await session.close();
});

t.test('enrol: 100 at once with a token for one give exactly one certificate', async (t) => {
  await using door = await openFleetDoor();
  const { text } = await door.token();
  const bodies = await Promise.all(Array.from({ length: 100 }, async () => enrolRequest(text, (await makeKeyAndRequest()).csr)));

  const answers = await Promise.all(bodies.map((body) => post(door, ENROL_PATH, body)));

  t.equal(answers.filter(({ status }) => status === 200).length, 1);
  t.ok(answers.every(({ status }) => [200, 401, 429].includes(status)));
  t.equal((await door.state.selectFrom('agents').select('id').execute()).length, 1);
  t.equal((await door.state.selectFrom('certificates').select('serial').execute()).length, 1);
});

t.test('enrol: the same token and key again give the same certificate, and cost no use', async (t) => {
  await using door = await openFleetDoor();
  const { text } = await door.token();
  const { answer, body } = await enrol(door, text);

  const again = await post(door, ENROL_PATH, body);

  t.equal(again.status, 200);
  t.equal(EnrolResponse.parse(again.json).certificate, EnrolResponse.parse(answer.json).certificate);
});

t.test('enrol: a name that another key has becomes name-2; the same key keeps its name with a new token', async (t) => {
  await using door = await openFleetDoor();
  const { text } = await door.token({ uses: 3 });
  const first = await enrol(door, text);

  const second = await enrol(door, text);
  const back = await post(door, ENROL_PATH, enrolRequest((await door.token()).text, first.csr));

  t.equal(EnrolResponse.parse(second.answer.json).agent, 'ams1-2');
  t.equal(EnrolResponse.parse(back.json).agent, 'ams1');
});

t.test('enrol: every refusal says what is wrong and what mends it', async (t) => {
  await using door = await openFleetDoor();
  const { csr } = await makeKeyAndRequest();
  const good = await door.token();
  const wrongSecret = good.text.replace(/_[0-9a-f]{64}_/, `_${'0'.repeat(64)}_`);
  const revoked = await door.token();
  await door.state.updateTable('tokens').set({ revoked_at: 1 }).where('id', '=', revoked.id).execute();

  const wrong = await post(door, ENROL_PATH, enrolRequest(wrongSecret, csr));
  const gone = await post(door, ENROL_PATH, enrolRequest(revoked.text, csr));
  const bad = await post(door, ENROL_PATH, enrolRequest(good.text, 'no request at all'.padEnd(120, 'x')));
  const noJson = await post(door, ENROL_PATH, '{"token":');
  const large = await post(door, ENROL_PATH, 'x'.repeat(20_000));
  const nowhere = await post(door, '/elsewhere', {});
  door.shiftClock(2 * 3_600_000);
  const late = await post(door, ENROL_PATH, enrolRequest(good.text, csr));

  t.same(
    [wrong, gone, bad, noJson, large, nowhere, late].map(({ status }) => status),
    [401, 401, 400, 400, 413, 404, 401],
  );
  t.match(refusal(wrong), { error: 'this token is not known here', fix: /copy the whole token/ });
  t.equal(refusal(gone).error, 'this token was revoked');
  t.equal(refusal(bad).error, 'csr: not a PKCS#10 request in PEM');
  t.equal(refusal(late).error, 'this token has expired');
  for (const answer of [wrong, gone, bad, noJson, large, nowhere, late]) t.ok(refusal(answer).fix.length > 5);
  t.notMatch(JSON.stringify([door.lines, wrong, gone, bad, late]), good.text.split('_')[2] ?? '-', 'no secret in an answer or in the log');
});

t.test('enrol: who guesses is not listened to after twenty wrong tokens', async (t) => {
  await using door = await openFleetDoor();
  const { csr } = await makeKeyAndRequest();
  const wrong = enrolRequest(`sonde_00000000_${'0'.repeat(64)}_x`, csr);
  for (let i = 0; i < 20; i += 1) t.equal((await post(door, ENROL_PATH, wrong)).status, 401);

  t.equal((await post(door, ENROL_PATH, wrong)).status, 429);
});

t.test('renew: with the present certificate, also with an expired one; not with a revoked one, none, or another key', async (t) => {
  await using door = await openFleetDoor();
  const { answer, key, csr } = await enrol(door, (await door.token()).text);
  const credentials = { key, certificate: EnrolResponse.parse(answer.json).certificate };
  const other = await makeKeyAndRequest();

  const renewed = await post(door, RENEW_PATH, { csr }, credentials);
  const foreign = await post(door, RENEW_PATH, { csr: other.csr }, credentials);
  const nobody = await post(door, RENEW_PATH, { csr });
  door.shiftClock(60 * DAY_MS);
  const afterAMonth = await post(door, RENEW_PATH, { csr }, credentials);
  const connecting = transportOf('ams1', door, credentials).connect(
    { will: { topic: 'sonde/v1/ams1/status', payload: Buffer.from('x') }, subscriptions: [], onMessage: () => {} },
    new AbortController().signal,
  );
  await t.rejects(connecting, /refuses the session/);
  await door.state.updateTable('agents').set({ state: 'revoked' }).where('id', '=', 'ams1').execute();
  const revoked = await post(door, RENEW_PATH, { csr }, credentials);

  t.same(
    [renewed, foreign, nobody, afterAMonth, revoked].map(({ status }) => status),
    [200, 403, 403, 200, 403],
  );
  t.not(RenewResponse.parse(renewed.json).certificate, credentials.certificate);
  t.equal(refusal(foreign).error, 'the request is for another key than the certificate');
  t.equal(refusal(nobody).error, 'no client certificate');
  t.equal(refusal(revoked).error, 'the agent was revoked');
  t.ok(door.lines.some(({ event, message }) => event === 'mqtt-refused' && message.includes('has expired')));
});
