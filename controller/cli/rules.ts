// `rules …`: what opens incidents, as files, and tests of it.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { RuleList } from '../../protocol/api.ts';
import { AppliedRules, BacktestView, RuleStandings } from '../../protocol/rule-view.ts';
import { Dependencies, Rule, type Rule as RuleOf } from '../../protocol/rule.ts';
import { systemClock } from '../../protocol/time.ts';
import { dataDirectory } from '../settings.ts';
import { makeClient } from './client.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';
import { formatTable, formatTime, parseCount } from './words.ts';

interface Common {
  readonly data?: string;
  readonly json?: boolean;
}
type Print = (text: string) => void;

const common = (command: Command): Command =>
  command.option('--data <dir>', 'directory of the data (SONDE_DATA; ./data)').option('--json', 'JSON instead of text');
const clientFor = ({ data }: Common) => makeClient(dataDirectory(data));
const show = (flags: Common, print: Print, value: unknown, forPeople: string): void =>
  print(flags.json === true ? JSON.stringify(value, null, 2) : forPeople);

/** `rules list|show|apply|remove|test|backtest`. */
export const ruleCommands = (print: Print): Command => {
  const rules = new Command('rules').description('what opens incidents');
  common(rules.command('list'))
    .description('all rules, and how each stands; --yaml writes them as a file that "rules apply" takes')
    .option('--yaml', 'as a file')
    .action((flags: Common & { yaml?: boolean }) => list(flags, print));
  common(rules.command('show <id>'))
    .description('one rule as a file')
    .action(async (id: string, flags: Common) => {
      const rule = await clientFor(flags).call('GET', `/rules/${encodeURIComponent(id)}`, Rule);
      const { writeRuleFile } = await import('../rules/rule-file.ts');
      show(flags, print, rule, `# ${describe(rule)}\n${writeRuleFile({ rules: [rule] }).trimEnd()}`);
    });
  common(rules.command('apply <file>'))
    .description('make the rules of a YAML file true, all or none')
    .option('--dry-run', 'only say what would change')
    .option('--prune', 'remove the rules that the file does not name')
    .action((file: string, flags: Common & { dryRun?: boolean; prune?: boolean }) => apply(file, flags, print));
  common(rules.command('remove <id>'))
    .description('forget a rule; its open alerts end')
    .action(async (id: string, flags: Common) => {
      const { Nothing } = await import('../api/schemas.ts');
      await clientFor(flags).call('DELETE', `/rules/${encodeURIComponent(id)}`, Nothing);
      show(flags, print, { removed: id }, `rule ${id} is removed`);
    });
  rules
    .command('test <file...>')
    .description('run rule tests: series in, incidents out; needs no controller')
    .option('--json', 'JSON instead of text')
    .action((files: string[], flags: Common) => test(files, flags, print));
  common(rules.command('backtest <id>'))
    .description('what a rule would have done in the last days')
    .option('--days <n>', 'so many days', parseCount, 30)
    .action((id: string, flags: Common & { days: number }) => runBacktest(id, flags, print));
  return rules;
};

const list = async (flags: Common & { readonly yaml?: boolean }, print: Print): Promise<void> => {
  const client = clientFor(flags);
  const { rules } = await client.call('GET', '/rules', RuleList);
  if (flags.yaml === true) {
    const dependencies = await client.call('GET', '/dependencies', Dependencies);
    const { writeRuleFile } = await import('../rules/rule-file.ts');
    return print(writeRuleFile({ rules, dependencies }).trimEnd());
  }
  const standings = await client.call('GET', '/rules/standing', RuleStandings);
  const byRule = new Map(standings.rules.map((standing) => [standing.rule, standing]));
  const rows = rules.map((rule) => {
    const standing = byRule.get(rule.id);
    const now =
      standing === undefined
        ? 'off'
        : `${standing.firing} fire, ${standing.pending} pending${standing.silent > 0 ? `, ${standing.silent} silent` : ''}`;
    return [rule.id, rule.severity, now, describe(rule)];
  });
  show(
    flags,
    print,
    rules,
    rules.length === 0 ? 'no rules: "rules apply FILE" makes some' : formatTable(['rule', 'severity', 'now', 'when'], rows),
  );
};

const describe = (rule: RuleOf): string => {
  const line = `${rule.measurement === 'ping' ? '' : `${rule.measurement} `}${rule.field} ${rule.comparison} ${rule.threshold}`;
  const hold = rule.forMs === 0 ? 'at once' : `for ${rule.forMs / 1_000} s`;
  switch (rule.kind) {
    case 'agent-off':
      return `an agent is off ${hold}`;
    case 'no-data':
      return `a series is silent ${hold}`;
    case 'change':
      return `change of ${line} ${hold}`;
    case 'baseline':
      return `${line} against earlier weeks ${hold}`;
    case 'threshold':
      return `${rule.window ? `${rule.window.aggregate} of ${rule.window.lengthMs / 1_000} s of ` : ''}${line}${rule.pattern ? ` in ${rule.pattern.bad} of ${rule.pattern.of} rounds` : ''} ${hold}`;
    default:
      return rule.kind satisfies never;
  }
};

const read = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandFailed(EXIT.data, `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const apply = async (
  file: string,
  flags: Common & { readonly dryRun?: boolean; readonly prune?: boolean },
  print: Print,
): Promise<void> => {
  const { parseRuleFile } = await import('../rules/rule-file.ts');
  const parsed = parseRuleFile(await read(file));
  if (!parsed.ok) throw new CommandFailed(EXIT.data, `${file}: ${parsed.reason}`);
  const body = { ...parsed.value, prune: flags.prune === true, dryRun: flags.dryRun === true };
  const result = await clientFor(flags).call('POST', '/rules/apply', AppliedRules, body);
  const lines = (['created', 'changed', 'removed'] as const).flatMap((what) => result[what].map((id) => `${what}  ${id}`));
  const nothing = `nothing to do: ${result.unchanged.length} rules are as the file says`;
  show(
    flags,
    print,
    result,
    `${lines.length === 0 ? nothing : lines.join('\n')}${flags.dryRun === true ? '\n(a dry run: nothing was changed)' : ''}`,
  );
};

const test = async (files: readonly string[], flags: Common, print: Print): Promise<void> => {
  const [{ parseRuleFile, parseYaml }, { RuleTestFile, runRuleTest }, { builtInRules }] = await Promise.all([
    import('../rules/rule-file.ts'),
    import('../rules/rule-test.ts'),
    import('../alerts/built-in/index.ts'),
  ]);
  const results: { readonly file: string; readonly test: string; readonly faults: readonly string[] }[] = [];
  for (const file of files) {
    const parsed = parseYaml(await read(file), RuleTestFile);
    if (!parsed.ok) throw new CommandFailed(EXIT.data, `${file}: ${parsed.reason}`);
    const rules = [...parsed.value.rules];
    for (const other of parsed.value.ruleFiles) {
      if (other === 'built-in') rules.push(...builtInRules.filter(({ id }) => !rules.some((rule) => rule.id === id)));
      else {
        const named = parseRuleFile(await read(path.resolve(path.dirname(file), other)));
        if (!named.ok) throw new CommandFailed(EXIT.data, `${other}: ${named.reason}`);
        rules.push(...named.value.rules);
      }
    }
    for (const one of parsed.value.tests)
      results.push({ file, test: one.name, faults: runRuleTest(one, rules, parsed.value.dependencies ?? Dependencies.parse({})) });
  }
  const failed = results.filter(({ faults }) => faults.length > 0);
  const lines = results.flatMap(({ test: name, faults }) => [
    `${faults.length === 0 ? '✔' : '✖'} ${name}`,
    ...faults.map((fault) => `    ${fault}`),
  ]);
  show(flags, print, results, [...lines, `${results.length - failed.length} of ${results.length} tests pass`].join('\n'));
  if (failed.length > 0) throw new CommandFailed(EXIT.no, `${failed.length} of ${results.length} rule tests fail`);
};

const runBacktest = async (id: string, flags: Common & { readonly days: number }, print: Print): Promise<void> => {
  const client = clientFor(flags);
  const rule = await client.call('GET', `/rules/${encodeURIComponent(id)}`, Rule);
  let view = await client.call('POST', '/backtests', BacktestView, { rule, days: flags.days });
  const signal = new AbortController().signal;
  while (view.state === 'running') {
    if (process.stderr.isTTY) process.stderr.write(`\r${Math.round(view.progress * 100)} %`);
    await systemClock.sleep(300, signal);
    view = await client.call('GET', `/backtests/${view.id}`, BacktestView);
  }
  if (process.stderr.isTTY) process.stderr.write('\r');
  const { result } = view;
  if (result === undefined) throw new CommandFailed(EXIT.software, view.error ?? `the backtest was ${view.state}`);
  const rows = result.incidents.map((one) => [formatTime(one.openedAt), formatTime(one.resolvedAt), one.severity, one.title]);
  const price = `in the last ${flags.days} days this rule would have paged ${result.pages} time${result.pages === 1 ? '' : 's'}, ${result.inMaintenance} in maintenance (${result.series} series)`;
  show(
    flags,
    print,
    view,
    [price, ...(rows.length === 0 ? [] : ['', formatTable(['opened', 'resolved', 'severity', 'incident'], rows)])].join('\n'),
  );
};
