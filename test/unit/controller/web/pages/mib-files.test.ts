import t from 'tap';
import { inUploadOrder, mibFile } from '../../../../../controller/web/pages/mib-files.ts';

const file = (name: string, ...imports: string[]) =>
  mibFile(`${name}.txt`, `${name} DEFINITIONS ::= BEGIN\nIMPORTS ${imports.map((from) => `x FROM ${from}`).join(' ')};\nEND`);

t.test('MIB files: the module is named by the file’s text, not by its name', async (t) => {
  t.equal(mibFile('fan.my', '-- v1\nACME-FAN-MIB DEFINITIONS ::= BEGIN END').module, 'ACME-FAN-MIB');
  t.equal(mibFile('readme.txt', 'see ACME-FAN-MIB').module, null);
});

t.test('MIB files: what is imported goes first, also in a ring', async (t) => {
  const names = (files: readonly { readonly module: string | null }[]) => files.map(({ module }) => module);
  t.same(names(inUploadOrder([file('C', 'B'), file('B', 'A', 'SNMPv2-SMI'), file('A')])), ['A', 'B', 'C']);
  t.same(names(inUploadOrder([file('A', 'B'), file('B', 'A')])), ['B', 'A']);
});
