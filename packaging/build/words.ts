import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeProgram as makeAgentProgram } from '../../agent/cli.ts';
import { DEFAULT_LIMITS_FILE } from '../../agent/config/guard-rails.ts';
import { AgentSettings } from '../../agent/settings.ts';
import { makeProgram as makeControllerProgram } from '../../controller/cli/cli.ts';
import { ControllerSettings } from '../../controller/settings.ts';
import { debianChangelog } from './changelog.ts';
import { completionOf } from './completion.ts';
import type { DebFields } from './deb.ts';
import { manualOf } from './manual.ts';
import { sampleOf } from './sample.ts';

export const PROGRAMS = ['agent', 'controller'] as const;
export type Program = (typeof PROGRAMS)[number];

/** Everything that a package says, from the programs themselves: manual page, completion, settings files, description. */
export interface Words {
  readonly manual: string;
  readonly completion: ReturnType<typeof completionOf>;
  readonly settings: Readonly<Record<string, string>>;
  readonly changelog: string;
  /** Of Sonde itself. */
  readonly licence: string;
  readonly fields: Pick<DebFields, 'description' | 'maintainer' | 'recommends'>;
}

const EXIT_CODES = [
  [0, 'it did what was asked.'],
  [64, 'the command line is wrong.'],
  [65, 'what was given is refused.'],
  [69, 'something that is needed cannot be reached, or is in use.'],
  [70, 'a fault of the program itself.'],
  [73, 'a file cannot be made.'],
  [75, 'try again later.'],
  [77, 'no permission.'],
  [78, 'the settings or the identity are wrong: starting it again changes nothing.'],
] as const;

export const MAINTAINER = 'Sonde <sonde@sonde.invalid>';

export const wordsOf = (root: string, program: Program, source: { readonly version: string; readonly atS: number }): Words => {
  const common = { ...source, exitCodes: EXIT_CODES };
  const never = new AbortController().signal;
  const changes = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  const changelog = debianChangelog(changes, { ...source, name: `sonde-${program}`, maintainer: MAINTAINER });
  const texts = { changelog, licence: readFileSync(join(root, 'LICENSE'), 'utf8') };
  const precedence = 'SONDE_* in the environment goes before this file, a flag before both; "config show" names where each came from.';
  if (program === 'agent') {
    const cli = makeAgentProgram('sonde-agent', never, () => undefined);
    return {
      ...texts,
      completion: completionOf(cli),
      manual: manualOf(cli, {
        ...common,
        files: [
          ['/etc/sonde/agent.yaml', 'settings'],
          ['/etc/sonde/limits.yaml', "the guard rails: what leaves this host at most, whatever the controller says; root's"],
          ['/var/lib/sonde-agent', 'identity, keys, and the spool of rounds that are not acknowledged yet'],
        ],
        seeAlso: 'sonde-controller(8), systemctl(1), journalctl(1)',
      }),
      settings: {
        'agent.yaml': sampleOf(AgentSettings, ['Settings of sonde-agent.', precedence]),
        'limits.yaml': DEFAULT_LIMITS_FILE,
      },
      fields: {
        maintainer: MAINTAINER,
        description: [
          'network probe: measures the network as seen from this host',
          'The agent sends raw ICMP and other probes to the targets that its controller signs for it, keeps every round in a spool on disk, and publishes over mutual TLS.',
          'It sends nothing before it is enrolled, and never more than /etc/sonde/limits.yaml allows.',
        ],
      },
    };
  }
  const cli = makeControllerProgram('sonde-controller', never, () => undefined);
  return {
    ...texts,
    completion: completionOf(cli),
    manual: manualOf(cli, {
      ...common,
      files: [
        ['/etc/sonde/controller.yaml', 'settings'],
        ['/var/lib/sonde-controller', 'keys, control database, arrival log and series'],
        ['/usr/share/sonde/packages', "the agents' packages that the installer hands out"],
      ],
      seeAlso: 'sonde-agent(8), systemctl(1), journalctl(1)',
    }),
    settings: { 'controller.yaml': sampleOf(ControllerSettings, ['Settings of sonde-controller.', precedence]) },
    fields: {
      maintainer: MAINTAINER,
      recommends: ['sonde-agent-packages'],
      description: [
        'controller of a fleet of network probes',
        'The controller stores what its agents measure, alerts on what is really wrong, shows it in a web admin, and pushes signed lists of targets back. MQTT broker and series store are embedded.',
      ],
    },
  };
};
