import t from 'tap';
import { importedBy, mibFaults } from '../../../../../controller/fleet/snmp/mib-faults.ts';

const MODULES = new Set(['SNMPv2-SMI']);
const module = `-- a vendor's module
ACME-MIB DEFINITIONS ::= BEGIN
IMPORTS
  MODULE-IDENTITY, OBJECT-TYPE, Integer32, enterprises
    FROM SNMPv2-SMI;

acme MODULE-IDENTITY
  LAST-UPDATED "202601010000Z"
  ORGANIZATION "Acme -- not a comment"
  CONTACT-INFO "{ not a bracket"
  DESCRIPTION "several
    lines"
  ::= { enterprises 99999 }

acmeFans OBJECT IDENTIFIER ::= { acme 1 }
acmeFanSpeed OBJECT-TYPE
  SYNTAX Integer32 (0..20000)
  MAX-ACCESS read-only
  STATUS current
  DESCRIPTION "rpm"
  ::= { acmeFans 1 }
END
`;
const faults = (from: string, to: string) => mibFaults('ACME-MIB', module.replace(from, to), MODULES);

t.test('a whole module has no fault', async (t) => {
  t.same(mibFaults('ACME-MIB', module, MODULES), []);
  t.same(importedBy(module), ['SNMPv2-SMI']);
});

const broken: readonly (readonly [what: string, from: string, to: string, line: number, message: RegExp])[] = [
  ['no module at all', 'DEFINITIONS', 'DEFINITION', 1, /no "NAME DEFINITIONS ::= BEGIN"/],
  ['another module', 'ACME-MIB', 'OTHER-MIB', 2, /this is the module OTHER-MIB/],
  ['an import that does not end', 'SNMPv2-SMI;', 'SNMPv2-SMI', 3, /";" is missing/],
  ['a module that is not here', 'SNMPv2-SMI', 'ACME-SMI', 5, /imports from ACME-SMI, which is not here/],
  ['a text that does not end', '"rpm"', '"rpm', 20, /does not end/],
  ['a bracket that is not closed', '{ acme 1 }', '{ acme 1', 15, /has no "}"/],
  ['a bracket too many', '{ acme 1 }', '{ acme 1 } }', 15, /without its "{"/],
  ['a file that was cut off', 'END\n', '', 21, /does not end with END/],
  ['a definition without a place', '::= { acmeFans 1 }', '', 16, /acmeFanSpeed has no "::= { parent number }"/],
  ['a parent that nobody knows', '{ acmeFans 1 }', '{ acmeFan 1 }', 21, /below acmeFan, which is neither defined nor imported/],
];
for (const [what, from, to, line, message] of broken)
  t.test(`${what} is told with its line`, async (t) => {
    t.match(faults(from, to), [{ line, message }]);
    t.equal(faults(from, to).length, 1);
  });

t.test('all faults are told at once', async (t) => {
  const two = module.replace('{ acme 1 }', '{ acmes 1 }').replace('SNMPv2-SMI', 'ACME-SMI');
  t.same(
    mibFaults('ACME-MIB', two, MODULES).map(({ line }) => line),
    [5, 15],
  );
});
