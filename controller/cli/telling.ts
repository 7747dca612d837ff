// The commands about who is told: notifiers and silences of a running controller.
import { Command, Option } from 'commander';
import { termsOf, readTerms } from '../../protocol/match-terms.ts';
import { MutePreview, NotifierList, NotifierTest, SilenceList, SilenceView } from '../../protocol/notify-api.ts';
import { type Common, clientFor, common, listing, type Print, refuseTypo, show } from './asking.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';
import { formatTable, formatTime, parseDuration } from './words.ts';

/** `notifiers list|test`. */
export const notifierCommands = (print: Print): Command => {
  const notifiers = new Command('notifiers').description('who is told of incidents');
  listing(notifiers)
    .description('all notifiers, without their secrets')
    .action(async (flags: Common, command: Command) => {
      refuseTypo(command);
      const { notifiers: all } = await clientFor(flags).call('GET', '/notifiers', NotifierList);
      const rows = all.map(({ id, kind, health }) => [
        id,
        kind,
        health.state,
        formatTime(health.deliveredAt),
        String(health.waiting),
        health.error ?? '',
      ]);
      const table = formatTable(['id', 'kind', 'state', 'delivered', 'waiting', 'error'], rows);
      show(flags, print, all, all.length === 0 ? 'no notifiers: the web admin adds one' : table);
    });
  common(notifiers.command('test <id>'))
    .description('send a made-up message through it')
    .action(async (id: string, flags: Common) => {
      const result = await clientFor(flags).call('POST', `/notifiers/${encodeURIComponent(id)}/test`, NotifierTest);
      if (!result.ok) throw new CommandFailed(EXIT.unavailable, `${id} did not take it: ${result.said}`);
      show(flags, print, result, `${id} took it after ${result.ms} ms`);
    });
  return notifiers;
};

/** `silences list|add|end`. */
export const silenceCommands = (print: Print): Command => {
  const silences = new Command('silences').description('what mutes notifications');
  listing(silences)
    .description('silences of the last 30 days')
    .action(async (flags: Common, command: Command) => {
      refuseTypo(command);
      const { silences: all } = await clientFor(flags).call('GET', '/silences', SilenceList);
      const rows = all.map((one) => [
        String(one.id),
        one.state,
        formatTime(one.endsAt),
        termsOf(one.match).join(' ') || 'everything',
        `${one.comment} (${one.createdBy})`,
      ]);
      show(flags, print, all, all.length === 0 ? 'no silences' : formatTable(['id', 'state', 'until', 'mutes', 'why'], rows));
    });
  common(silences.command('add <terms...>'))
    .description('mute what matches: target=gw agent=ams1 rule=high-loss severity=warning customer=acme agent.site=ams')
    .requiredOption('--why <text>', 'who finds it later asks')
    .addOption(new Option('--for <time>', 'how long: 30m, 2h, 7d').argParser(parseDuration).default(7_200_000, '2h'))
    .option('--dry-run', 'only say what it would mute')
    .action(async (terms: readonly string[], flags: Common & { why: string; for: number; dryRun?: boolean }) => {
      const read = readTerms(terms);
      if (!read.ok) throw new CommandFailed(EXIT.usage, read.fault);
      const client = clientFor(flags);
      const preview = await client.call('POST', '/silences/preview', MutePreview, read.match);
      const words = `${preview.open.length} open incidents, ${preview.pairs} of ${preview.pairsTotal} pairs; ${preview.past} of ${preview.pastTotal} incidents in the last 30 days`;
      if (flags.dryRun === true) return show(flags, print, preview, `it would mute ${words}`);
      // The controller's clock decides: a moment of ours could lie in its past.
      const body = { match: read.match, forMs: flags.for, comment: flags.why };
      const made = await client.call('POST', '/silences', SilenceView, body);
      show(flags, print, made, `silence ${made.id} until ${formatTime(made.endsAt)} UTC mutes ${words}`);
    });
  common(silences.command('end <id>'))
    .description('end it now')
    .action(async (id: string, flags: Common) => {
      const ended = await clientFor(flags).call('DELETE', `/silences/${encodeURIComponent(id)}`, SilenceView);
      show(flags, print, ended, `silence ${ended.id} is over`);
    });
  return silences;
};
