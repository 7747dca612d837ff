import t from 'tap';
import * as z from 'zod';
import { settingsIn, settle } from '../../../protocol/settings.ts';

const Schema = z.strictObject({
  port: z.coerce.number().int().default(80),
  'log-level': z.enum(['info', 'warn']).default('info'),
  name: z.string().optional(),
});

t.test('settings: the later place wins, and each value says where it came from', async (t) => {
  const settled = settle(Schema, [
    { where: 'file', values: { port: 1, name: 'file' } },
    { where: 'the environment', values: settingsIn({ SONDE_PORT: '2', SONDE_LOG_LEVEL: 'warn', OTHER: 'x' }, Object.keys(Schema.shape)) },
    { where: 'the command line', values: { port: '3', name: undefined } },
  ]);

  t.same(settled, {
    ok: true,
    value: {
      values: { port: 3, 'log-level': 'warn', name: 'file' },
      origins: { port: 'the command line', 'log-level': 'the environment', name: 'file' },
    },
  });
});

t.test('settings: a mistake is named with its place, and what would be right', async (t) => {
  const reasonOf = (values: unknown): string => {
    const settled = settle(Schema, [{ where: '/etc/x.yaml', values }]);
    return settled.ok ? 'accepted' : settled.reason;
  };

  t.equal(reasonOf({ loglevel: 'info' }), '/etc/x.yaml: there is no setting "loglevel": did you mean "log-level"?');
  t.match(reasonOf({ port: 'x' }), /^\/etc\/x\.yaml: port: /);
  t.match(reasonOf(['port']), /^\/etc\/x\.yaml: /);
});
