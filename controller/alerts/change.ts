import type { Rule, Severity } from '../../protocol/rule.ts';
import type { Member } from './notification.ts';

/** What happens to incidents, in order; each becomes rows of the control database in the same transaction as the states. */
export type Change =
  | {
      readonly kind: 'opened';
      readonly rule: Rule;
      readonly cause: string;
      readonly at: number;
      readonly title: string;
      readonly members: readonly Member[];
      readonly detail: string;
    }
  | {
      readonly kind: 'joined' | 'left';
      readonly rule: Rule;
      readonly cause: string;
      readonly at: number;
      /** Of the whole incident if this alert were its only one. */
      readonly title: string;
      readonly severity: Severity;
      readonly detail: string;
    }
  | {
      readonly kind: 'resolved';
      readonly members: readonly Member[];
      readonly rule: Rule;
      readonly cause: string;
      readonly at: number;
      readonly detail: string;
    };
