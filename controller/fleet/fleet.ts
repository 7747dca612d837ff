import type { DryRun, TokenRequest, TokenView } from '../../protocol/api.ts';
import type { Labels } from '../../protocol/labels.ts';
import type { Target } from '../../protocol/target.ts';
import type * as z from 'zod';
import type { Accepted, Refused } from './refusal.ts';

/** Every change that a person makes to the fleet. `actor` is the login, or `system`; each one is audited. Changes are made one after the other. */
export interface Fleet {
  /** The fleet's revision now; 0 before the first change. */
  revision(): Promise<number>;
  targets(): Promise<readonly StoredTarget[]>;
  createTarget(target: Target, actor: string): Promise<Accepted | Refused>;
  replaceTarget(target: Target, actor: string): Promise<Accepted | Refused>;
  removeTarget(id: string, actor: string): Promise<Accepted | Refused>;
  /** What saving it would do; changes and sends nothing. */
  dryRun(target: Target): Promise<z.infer<typeof DryRun>>;
  setLabels(agentId: string, labels: Labels, actor: string): Promise<Accepted | Refused>;
  /** The agent is nobody's any more: its certificates are revoked, what it sends is dropped. Who keeps connections cuts them on the `agents` change. */
  revokeAgent(agentId: string, actor: string): Promise<Accepted | Refused>;
  /** The secret is in this answer and nowhere else. `pin` is the CA's. */
  createToken(
    request: z.infer<typeof TokenRequest>,
    pin: string,
    actor: string,
  ): Promise<{ readonly token: string; readonly view: TokenRow }>;
  tokens(): Promise<readonly TokenRow[]>;
  revokeToken(id: string, actor: string): Promise<Accepted | Refused>;
}
export type TokenRow = z.infer<typeof TokenView>;

export interface StoredTarget {
  readonly target: Target;
  readonly createdAt: number;
  readonly updatedAt: number;
}
