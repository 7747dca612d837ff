// What routes share in their schemas.
import * as z from 'zod';
import { Problem } from '../../protocol/api.ts';
import { AgentId, RuleId, TargetId } from '../../protocol/ids.ts';

/** The refusals that every route may give. */
const problem = (description: string) => ({ description, content: { 'application/problem+json': { schema: Problem } } });
export const problems = {
  '4xx': problem('Refused: what, where, and what would be right'),
  503: problem('InfluxDB, where points are kept there, does not answer or refuses our login: the reason is in detail'),
};
export const unavailable = { 503: problem('It cannot be done now: send it again') };
/** Open on loopback. */
export const scraped = { 401: problem('From another host this needs a session or a token') };

export const AgentPath = z.object({ id: AgentId });
export const TargetPath = z.object({ id: TargetId });
export const RulePath = z.object({ id: RuleId });
export const PairPath = z.object({ agent: AgentId, target: TargetId, probe: z.string().regex(/^[a-z]+$/) });

/** Query strings are texts. */
export const Whole = z.coerce.number<string>().int();
export const Moment = Whole.min(0).max(8_640_000_000_000_000);
export const Limit = Whole.min(1).max(1_000).default(200);

/** 204: nothing to say. */
export const Nothing = z.null().describe('No content');
