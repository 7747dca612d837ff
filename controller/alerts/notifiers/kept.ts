// Notifiers as the control database keeps them: a document for everyone who may look, and beside it what only this host's key opens.
import type { Insertable } from 'kysely';
import { Notifier, type NotifierEdit, SEALED_FIELDS } from '../../../protocol/notifier.ts';
import type { State } from '../../state/database.ts';
import type { Tables } from '../../state/tables.ts';

/** What keeps secrets on this host (controller/pki/vault.ts). */
export interface Vault {
  encrypt(place: string, text: string): string;
  /** Throws when it was not encrypted here, or for another place. */
  decrypt(place: string, encrypted: string): string;
}

type Fields = Readonly<Record<string, unknown>>;
type Row = Pick<Insertable<Tables['notifiers']>, 'document' | 'secrets'> & { readonly id: string };

const placeOf = (id: string): string => `notifier ${id}`;

/** Null when there is none. Throws when its secrets cannot be opened. */
export const readNotifier = async (state: State, vault: Vault, id: string): Promise<Notifier | null> => {
  const row = await state.selectFrom('notifiers').select(['id', 'document', 'secrets']).where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : openNotifier(vault, row);
};

export const openNotifier = (vault: Vault, row: Row): Notifier => Notifier.parse({ ...fieldsOf(row.document), ...secretsOf(vault, row) });

/** The row of a notifier; `secrets` is '' when it has none. */
export const sealNotifier = (vault: Vault, notifier: Notifier): Row => {
  const sealed = SEALED_FIELDS[notifier.kind];
  const entries = Object.entries(notifier);
  const open = entries.filter(([name]) => !sealed.includes(name));
  const secret = entries.filter(([name, value]) => sealed.includes(name) && value !== undefined);
  return {
    id: notifier.id,
    document: JSON.stringify(Object.fromEntries(open)),
    secrets: secret.length === 0 ? '' : vault.encrypt(placeOf(notifier.id), JSON.stringify(Object.fromEntries(secret))),
  };
};

/** Encrypts what was kept readable by an earlier version. */
export const sealKept = async (state: State, vault: Vault): Promise<void> => {
  const rows = await state.selectFrom('notifiers').select(['id', 'document', 'secrets']).where('secrets', '=', '').execute();
  for (const row of rows) {
    const sealed = sealNotifier(vault, openNotifier(vault, row));
    if (sealed.secrets !== '') await state.updateTable('notifiers').set(sealed).where('id', '=', row.id).execute();
  }
};

/** What was sent, with the kept secrets that it leaves out; an empty one is taken away. Another kind starts anew. */
export const completed = (vault: Vault, edit: NotifierEdit, row: Row | undefined): Fields => {
  const isSameKind = row !== undefined && fieldsOf(row.document)['kind'] === edit.kind;
  const kept = isSameKind ? Object.entries({ ...fieldsOf(row.document), ...secretsOf(vault, row) }) : [];
  const sealed = SEALED_FIELDS[edit.kind];
  const given = Object.entries(edit).filter(([name, value]) => !(sealed.includes(name) && value === ''));
  const cleared = Object.entries(edit)
    .filter(([name, value]) => sealed.includes(name) && value === '')
    .map(([name]) => name);
  return { ...Object.fromEntries(kept.filter(([name]) => sealed.includes(name) && !cleared.includes(name))), ...Object.fromEntries(given) };
};

/** A piece of a secret that is shorter than this would hide words of everybody's. */
const PIECE_MIN = 8;

/** Every secret text of a notifier, and its pieces, the longest first: nothing of it may be in a message. A host's name is none. */
export const secretTexts = (notifier: Notifier): readonly string[] => {
  const sealed = SEALED_FIELDS[notifier.kind];
  const texts = Object.entries(notifier).flatMap(([name, value]) =>
    sealed.includes(name) && typeof value === 'string' && value !== '' ? [value, ...piecesOf(value)] : [],
  );
  return [...new Set(texts)].toSorted((a, b) => b.length - a.length);
};

const piecesOf = (secret: string): readonly string[] => {
  const host = URL.canParse(secret) ? new URL(secret).host : '';
  return secret.split(/[/:?=&\s]+/).filter((piece) => piece.length >= PIECE_MIN && piece !== host);
};

const fieldsOf = (document: string): Fields => JSON.parse(document);
const secretsOf = (vault: Vault, { id, secrets }: Row): Fields =>
  secrets === undefined || secrets === '' ? {} : JSON.parse(vault.decrypt(placeOf(id), secrets));
