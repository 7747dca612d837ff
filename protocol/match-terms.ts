import type { Match } from './mute.ts';

// Which incidents, as a person types it: rule=high-loss severity=critical target=gw agent=ams1 customer=acme agent.site=ams.

/** The terms of a match; a label without a prefix is one of targets. */
export const termsOf = (match: Match): string[] => [
  ...(match.rules.length > 0 ? [`rule=${match.rules.join(',')}`] : []),
  ...(match.severities.length > 0 ? [`severity=${match.severities.join(',')}`] : []),
  ...selected(match.targets, 'target', ''),
  ...selected(match.agents, 'agent', 'agent.'),
];

const selected = ({ in: wanted, notIn }: Match['targets'], own: string, prefix: string): string[] => {
  const name = (key: string): string => (key === own ? key : `${prefix}${key}`);
  return [
    ...Object.entries(wanted).map(([key, values]) => `${name(key)}=${values.join(',')}`),
    ...Object.entries(notIn).map(([key, values]) => `${name(key)}!=${values.join(',')}`),
  ];
};

type Read = { readonly ok: true; readonly match: Match } | { readonly ok: false; readonly fault: string };

/** Reads terms; the fault names the first one that is not understood, and what would be. */
export const readTerms = (terms: readonly string[]): Read => {
  const match = { rules: [] as string[], severities: [] as Match['severities'], targets: nothing(), agents: nothing() };
  for (const term of terms) {
    const [, key = '', not = '', list = ''] = /^([a-z][a-z0-9_.]*)(!?)=(.+)$/.exec(term) ?? [];
    const values = list.split(',').filter((value) => value !== '');
    if (key === '' || values.length === 0) return { ok: false, fault: `"${term}" is not of the form key=value or key!=value.` };
    const [, side = '', label = ''] = /^(agent|target)\.(.+)$/.exec(key) ?? [];
    if (key === 'rule' || key === 'severity') {
      if (not !== '') return { ok: false, fault: `"${term}": ${key} can be asked for, not left out.` };
      if (key === 'rule') match.rules.push(...values);
      else {
        const known = values.filter((value) => value === 'info' || value === 'warning' || value === 'critical');
        if (known.length < values.length) return { ok: false, fault: `"${term}": a severity is info, warning or critical.` };
        match.severities.push(...known);
      }
    } else {
      const selector = key === 'agent' || side === 'agent' ? match.agents : match.targets;
      (not === '' ? selector.in : selector.notIn)[label === '' ? key : label] = values;
    }
  }
  return { ok: true, match };
};

const nothing = (): { in: Record<string, string[]>; notIn: Record<string, string[]> } => ({ in: {}, notIn: {} });

/** What an incident is about, as narrow as a silence of it should be. */
export const termsOfIncident = (incident: { readonly cause: string; readonly rule: string }): string[] => {
  const [, kind = '', id = ''] = /^(\w+):([^/]*)/.exec(incident.cause) ?? [];
  const own = [`rule=${incident.rule}`];
  if (kind === 'target' || kind === 'agent') return [`${kind}=${id}`, ...own];
  if (kind === 'group' && id.includes('=')) return [id, ...own];
  return own;
};
