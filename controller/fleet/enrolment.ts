import type * as z from 'zod';
import type { EnrolmentRefusal, EnrolRequest } from '../../protocol/enrolment.ts';
import { Labels } from '../../protocol/labels.ts';
import type { State } from '../state/database.ts';
import { timingSafeEqual } from 'node:crypto';
import { audit } from './model.ts';
import { hashSecret } from './tokens.ts';

/** What the books keep of a certificate. */
export interface Certificate {
  readonly pem: string;
  readonly serial: string;
  readonly expiresAt: number;
}
export interface EnrolmentOrder {
  readonly request: z.infer<typeof EnrolRequest>;
  /** SHA-256 hex of the requested key. */
  readonly keyHash: string;
  readonly at: number;
  /** Makes the certificate; called inside the transaction, once the agent has its name. */
  readonly issue: (agentId: string) => Promise<Certificate>;
}
type Refusal = z.infer<typeof EnrolmentRefusal>;
export type Enrolled =
  | { readonly ok: true; readonly agentId: string; readonly certificate: string; readonly labels: Labels; readonly isNew: boolean }
  | { readonly ok: false; readonly refusal: Refusal };

const NEW_TOKEN = 'make a new one: controller token create';
const NO_TOKEN: Refusal = { error: 'this token is not known here', fix: `copy the whole token, or ${NEW_TOKEN}` };

/**
 * Spends one use of a token on one agent, in one transaction. The same token and key give the same certificate again, so that an answer
 * that was lost on its way costs nothing.
 */
export const enrolAgent = (state: State, order: EnrolmentOrder): Promise<Enrolled> =>
  state.transaction().execute(async (trx): Promise<Enrolled> => {
    const { request, keyHash, at } = order;
    const [tokenId = '', secret = ''] = request.token.split('_');
    const token = await trx.selectFrom('tokens').selectAll().where('id', '=', tokenId).executeTakeFirst();
    // A token that does not exist costs the same comparison as one that does.
    const isRight = isSameHash(hashSecret(secret), token?.secret_hash ?? hashSecret(''));
    if (token === undefined || !isRight) return no(NO_TOKEN);
    if (token.revoked_at !== null) return no({ error: 'this token was revoked', fix: NEW_TOKEN });

    const owner = await trx.selectFrom('agents').selectAll().where('key_hash', '=', keyHash).executeTakeFirst();
    if (owner?.state === 'revoked')
      return no({
        error: `the agent ${owner.id} with this key was revoked`,
        fix: 'delete the key on the host and register again for a new one',
      });
    const before = await trx
      .selectFrom('enrolments')
      .selectAll()
      .where('token_id', '=', tokenId)
      .where('key_hash', '=', keyHash)
      .executeTakeFirst();
    if (before !== undefined && owner !== undefined)
      return { ok: true, agentId: owner.id, certificate: before.certificate, labels: Labels.parse(JSON.parse(owner.labels)), isNew: false };
    if (at >= token.expires_at) return no({ error: 'this token has expired', fix: NEW_TOKEN });
    if (token.uses_left < 1) return no({ error: `this token has been used ${token.uses} of ${token.uses} times`, fix: NEW_TOKEN });

    const agentId = owner?.id ?? (await freeName(trx, request.name));
    const certificate = await order.issue(agentId);
    const labels: Labels = { ...request.labels, ...Labels.parse(JSON.parse(token.labels)) };
    await trx
      .updateTable('tokens')
      .set({ uses_left: token.uses_left - 1 })
      .where('id', '=', tokenId)
      .execute();
    await trx
      .insertInto('agents')
      .values({
        id: agentId,
        hostname: request.hostname,
        labels: JSON.stringify(labels),
        state: 'active',
        key_hash: keyHash,
        sealing_key: request.sealingKey,
        enrolled_at: at,
        status: null,
        online: 0,
        seen_at: null,
        config_report: null,
      })
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet({ hostname: request.hostname, labels: JSON.stringify(labels), sealing_key: request.sealingKey }),
      )
      .execute();
    await keepCertificate(trx, agentId, certificate);
    await trx
      .insertInto('enrolments')
      .values({ token_id: tokenId, key_hash: keyHash, agent_id: agentId, certificate: certificate.pem })
      .onConflict((conflict) => conflict.columns(['token_id', 'key_hash']).doUpdateSet({ agent_id: agentId, certificate: certificate.pem }))
      .execute();
    await audit(trx, at, `token ${tokenId}`, 'agent-enrol', { agent: agentId, hostname: request.hostname });
    return { ok: true, agentId, certificate: certificate.pem, labels, isNew: true };
  });

/** Who asks, as its certificate says. */
export interface Presented {
  readonly agentId: string;
  readonly serial: string;
  readonly keyHash: string;
}

/** null when the holder of this certificate is an agent of ours that nobody has revoked; otherwise why not. Does not look at dates. */
export const refuseAgent = async (state: State, presented: Presented): Promise<string | null> => {
  const agent = await state.selectFrom('agents').select(['state', 'key_hash']).where('id', '=', presented.agentId).executeTakeFirst();
  if (agent === undefined) return 'no such agent is enrolled here';
  if (agent.state === 'revoked') return 'the agent was revoked';
  if (agent.key_hash !== presented.keyHash) return 'the agent has another key by now';
  const row = await state.selectFrom('certificates').select('revoked_at').where('serial', '=', presented.serial).executeTakeFirst();
  return row?.revoked_at == null ? null : 'the certificate was revoked';
};

/** The next certificate for the same key. The old one stays good for its time. */
export const renewAgent = (state: State, agentId: string, issue: () => Promise<Certificate>): Promise<string> =>
  state.transaction().execute(async (trx) => {
    const certificate = await issue();
    await keepCertificate(trx, agentId, certificate);
    return certificate.pem;
  });

const no = (refusal: Refusal): Enrolled => ({ ok: false, refusal });

const isSameHash = (left: string, right: string): boolean =>
  left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));

const keepCertificate = async (trx: State, agentId: string, certificate: Certificate): Promise<void> => {
  await trx
    .insertInto('certificates')
    .values({ serial: certificate.serial, agent_id: agentId, expires_at: certificate.expiresAt, revoked_at: null })
    .execute();
};

/** `name`, or `name-2`, `name-3` …: the first that no agent has, revoked ones too. */
const freeName = async (trx: State, name: string): Promise<string> => {
  const taken = new Set((await trx.selectFrom('agents').select('id').execute()).map(({ id }) => id));
  const candidate = (n: number): string => (n === 1 ? name : `${name.slice(0, 62 - String(n).length).replace(/[.-]+$/, '')}-${n}`);
  let n = 1;
  while (taken.has(candidate(n))) n += 1;
  return candidate(n);
};
