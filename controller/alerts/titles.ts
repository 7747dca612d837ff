// What an incident is called, and a rule's templates filled in.
import type { Rule } from '../../protocol/rule.ts';
import type { Definitions } from './definitions.ts';
import type { Member } from './notification.ts';

/** `cause` says whose it is: `target:<id>`, `agent:<id>`, `agent:<id>/<series>`, `series:<agent>/<series>`, `group:<label>=<value>`. */
export const titleOf = ({ targets }: Pick<Definitions, 'targets'>, rule: Pick<Rule, 'name' | 'kind'>, cause: string): string => {
  const colon = cause.indexOf(':');
  const id = cause.slice(colon + 1);
  switch (cause.slice(0, colon)) {
    case 'agent':
      if (rule.kind === 'agent-off') return `Agent ${id} is off`;
      return id.includes('/')
        ? `${rule.name}: agent ${id.slice(0, id.indexOf('/'))}`
        : `${rule.name} from agent ${id} to nearly all that it measures`;
    case 'series':
      return `${rule.name}: ${id.slice(id.indexOf('/') + 1).replace(/^:/, '')} of ${id.slice(0, id.indexOf('/'))}`;
    case 'group':
      return `${rule.name}: nearly all of ${id.replace('=', ' ')}`;
    default:
      return `${rule.name}: ${targets.get(id)?.name ?? id}`;
  }
};

/** What a template may name. */
export interface TemplateWords {
  readonly rule: Pick<Rule, 'name' | 'threshold' | 'severity' | 'labels' | 'annotations'>;
  readonly member: Member | undefined;
  readonly title: string;
}

/** The rule's annotations with {{…}} filled in; a word that is not known stays as it was written, so that a misspelling is seen. */
export const fillIn = ({ rule, member, title }: TemplateWords): Record<string, string> => {
  const words: Readonly<Record<string, string | undefined>> = {
    value: member?.value === null || member?.value === undefined ? undefined : String(Number(member.value.toPrecision(4))),
    threshold: String(rule.threshold),
    agent: member?.agent,
    target: member?.target ?? undefined,
    rule: rule.name,
    severity: rule.severity,
    title,
    ...Object.fromEntries(Object.entries(rule.labels).map(([key, value]) => [`labels.${key}`, value])),
  };
  const fill = (template: string): string =>
    template.replaceAll(/\{\{\s*([a-z][a-z0-9_.]*)\s*\}\}/g, (all, name: string) => words[name] ?? all);
  return Object.fromEntries(Object.entries(rule.annotations).map(([key, template]) => [key, fill(template)]));
};
