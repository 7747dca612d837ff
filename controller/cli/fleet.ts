// The commands that ask a running controller over its Unix socket.
import { Command, Option } from 'commander';
import * as z from 'zod';
import { AgentList, Saved, TargetList, TokenCreated, TokenList } from '../../protocol/api.ts';
import { toSlug } from '../../protocol/ids.ts';
import { parseSelector } from '../../protocol/labels.ts';
import { type Common, clientFor, common, listing, type Print, refuseTypo, show } from './asking.ts';
import { collectLabel, formatLabels, formatTable, formatTime, parseCount, parseDuration } from './words.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';

/** `token create|list|revoke`. */
export const tokenCommands = (print: Print): Command => {
  const token = new Command('token').description('enrolment tokens');
  common(token.command('create'))
    .description('make a token; it is shown once')
    .option('--uses <n>', 'how many agents it lets in', parseCount, 1)
    .addOption(new Option('--expires <time>', 'how long it is good: 30m, 12h, 7d').argParser(parseDuration).default(1_800_000, '30m'))
    .addOption(
      new Option('--label <key=value>', 'label of every agent that it lets in; may be given again')
        .argParser(collectLabel)
        .default({}, 'none'),
    )
    .action(async (flags: Common & { uses: number; expires: number; label: Record<string, string> }) => {
      const body = { uses: flags.uses, expiresInMs: flags.expires, labels: flags.label };
      const made = await clientFor(flags).call('POST', '/tokens', TokenCreated, body);
      const until = `good for ${made.uses} agent${made.uses === 1 ? '' : 's'} until ${formatTime(made.expiresAt)} UTC`;
      show(flags, print, made, made.token);
      // Standard output carries the token alone, so that it can go into a file.
      if (flags.json !== true) process.stderr.write(`\nOn the new agent's host (${until}):\n  ${made.command}\n`);
    });
  listing(token)
    .description('all tokens, without their secrets')
    .action(async (flags: Common, command: Command) => {
      refuseTypo(command);
      const { tokens } = await clientFor(flags).call('GET', '/tokens', TokenList);
      const rows = tokens.map((row) => [
        row.id,
        `${row.usesLeft}/${row.uses}`,
        row.revokedAt === null ? formatTime(row.expiresAt) : 'revoked',
        formatLabels(row.labels),
        row.agents.join(' ') || '-',
      ]);
      show(
        flags,
        print,
        tokens,
        tokens.length === 0 ? 'no tokens: "token create" makes one' : formatTable(['id', 'left', 'expires', 'labels', 'agents'], rows),
      );
    });
  common(token.command('revoke <id>'))
    .description('nobody enrols with it any more; agents that it let in stay')
    .action(async (id: string, flags: Common) => {
      await clientFor(flags).call('DELETE', `/tokens/${encodeURIComponent(id)}`, z.null());
      show(flags, print, { revoked: id }, `token ${id} is revoked`);
    });
  return token;
};

/** `agents list|revoke`. */
export const agentCommands = (print: Print): Command => {
  const agents = new Command('agents').description('the agents of the fleet');
  listing(agents)
    .description('all agents')
    .action(async (flags: Common, command: Command) => {
      refuseTypo(command);
      const { agents: all } = await clientFor(flags).call('GET', '/agents', AgentList);
      const rows = all.map((row) => [
        row.id,
        row.state,
        String(row.tasks),
        formatTime(row.seenAt),
        formatLabels(row.labels),
        row.reason ?? '',
      ]);
      show(
        flags,
        print,
        all,
        all.length === 0
          ? 'no agents: "token create" lets one in'
          : formatTable(['agent', 'state', 'tasks', 'seen', 'labels', 'why'], rows),
      );
    });
  common(agents.command('revoke <id>'))
    .description('cut it off for ever: its certificates, its connection, its tasks')
    .action(async (id: string, flags: Common) => {
      const saved = await clientFor(flags).call('POST', `/agents/${encodeURIComponent(id)}/revoke`, Saved, {});
      show(flags, print, saved, `agent ${id} is revoked`);
    });
  return agents;
};

interface AddFlags extends Common {
  readonly id?: string;
  readonly name?: string;
  readonly label: Record<string, string>;
  readonly agents: string;
  readonly family: string;
  readonly interval: number;
  readonly count?: number;
}

/** `targets list|add|remove`. */
export const targetCommands = (print: Print): Command => {
  const targets = new Command('targets').description('what is measured');
  listing(targets)
    .description('all targets')
    .action(async (flags: Common, command: Command) => {
      refuseTypo(command);
      const { targets: all } = await clientFor(flags).call('GET', '/targets', TargetList);
      const rows = all.map((row) => [
        row.id,
        row.address,
        String(row.agentCount),
        row.answered ? 'yes' : 'never',
        formatLabels(row.labels),
      ]);
      show(
        flags,
        print,
        all,
        all.length === 0
          ? 'no targets: "targets add ADDRESS" adds one'
          : formatTable(['target', 'address', 'agents', 'answered', 'labels'], rows),
      );
    });
  common(targets.command('add <address>'))
    .description('measure an address or a name by ICMP')
    .option('--id <id>', 'its id in topics and series; made of the address unless said')
    .option('--name <text>', 'what people read')
    .addOption(new Option('--label <key=value>', 'label; may be given again').argParser(collectLabel).default({}, 'none'))
    .option('--agents <selector>', 'from which agents: "tier=edge,pop country!=de"; all unless said', '')
    .option('--family <family>', 'any, v4 or v6', 'any')
    .addOption(new Option('--interval <time>', 'a round each 10s, 1m …').argParser(parseDuration).default(10_000, '10s'))
    .option('--count <n>', 'packets a round', parseCount)
    .action(async (address: string, flags: AddFlags) => {
      const selector = parseSelector(flags.agents);
      if (!selector.ok) throw new CommandFailed(EXIT.usage, `--agents: ${selector.reason}`);
      const id = flags.id ?? toSlug(address);
      const options = { kind: 'icmp', ...(flags.count === undefined ? {} : { count: flags.count }) };
      const tasks = [{ intervalMs: flags.interval, options }];
      const body = { id, name: flags.name ?? address, address, family: flags.family, labels: flags.label, agents: selector.value, tasks };
      const saved = await clientFor(flags).call('POST', '/targets', Saved, body);
      show(
        flags,
        print,
        { id, ...saved },
        `target ${id} is measured by ${saved.agents.length} agent${saved.agents.length === 1 ? '' : 's'} (revision ${saved.revision})`,
      );
    });
  common(targets.command('remove <id>'))
    .description('stop measuring it; what was measured stays')
    .action(async (id: string, flags: Common) => {
      const saved = await clientFor(flags).call('DELETE', `/targets/${encodeURIComponent(id)}`, Saved);
      show(flags, print, saved, `target ${id} is removed (revision ${saved.revision})`);
    });
  return targets;
};
