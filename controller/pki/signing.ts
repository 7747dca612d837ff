import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { Delegation, Signed } from '../../protocol/config.ts';
import { formatPublicKey, isSignedBy, signText } from '../../protocol/signature.ts';
import { PROTOCOL_VERSION } from '../../protocol/version.ts';
import { readKeyFile, writeKeyFile } from './key-files.ts';

// Two keys: the root, which agents pin and which signs nothing but delegations, and the signing key, which signs configurations.
// The root's private half may be moved offline: what must stay is `root.pub`, `signing.key` and `delegation.json`.

export interface SigningKeys {
  /** What agents pin: base64 of the root's SubjectPublicKeyInfo. */
  readonly rootKey: string;
  /** Whether the root's private half is on this host. */
  readonly rootIsHere: boolean;
  generation(): number;
  /** The JSON text of a `Signed` whose body is this object. */
  sign(body: object): string;
  /** Has the root sign the next generation, durably. Throws, with what to do, when the root key is offline. */
  raiseGeneration(): void;
}

type SignedDelegation = z.infer<typeof Signed>['delegation'];

/** Reads the keys of the directory, or makes them at the first start. Throws when what is there does not belong together. */
export const openSigningKeys = (directory: string): SigningKeys => {
  const paths = {
    root: join(directory, 'root.key'),
    rootPublic: join(directory, 'root.pub'),
    signing: join(directory, 'signing.key'),
    delegation: join(directory, 'delegation.json'),
  };
  const root = openRoot(paths.root, paths.rootPublic);
  const rootKey = formatPublicKey(root.publicKey);
  const signing = openKey(paths.signing);
  const publicKey = formatPublicKey(createPublicKey(signing));

  const delegate = (generation: number): SignedDelegation => {
    if (root.privateKey === null)
      throw new Error(`${paths.root} is not here, so no generation ${generation} can be signed: bring the root key back for this one step`);
    const body = JSON.stringify({ kind: 'delegation', generation, publicKey } satisfies Delegation);
    const delegation = { body, signature: signText(body, root.privateKey) };
    writeKeyFile(paths.delegation, JSON.stringify(delegation));
    return delegation;
  };
  const kept = readDelegation(paths.delegation, rootKey);
  // A crash between writing the signing key and its delegation leaves a key that nobody has signed yet.
  let signed = kept !== null && kept.publicKey === publicKey ? kept.signed : delegate((kept?.generation ?? 0) + 1);
  let generation = kept !== null && kept.publicKey === publicKey ? kept.generation : (kept?.generation ?? 0) + 1;

  return {
    rootKey,
    rootIsHere: root.privateKey !== null,
    generation: () => generation,
    sign: (body) => {
      const text = JSON.stringify(body);
      const message: Signed = { v: PROTOCOL_VERSION, delegation: signed, body: text, signature: signText(text, signing) };
      return JSON.stringify(message);
    },
    raiseGeneration: () => {
      signed = delegate(generation + 1);
      generation += 1;
    },
  };
};

const openRoot = (path: string, publicPath: string): { privateKey: KeyObject | null; publicKey: KeyObject } => {
  const publicPem = readKeyFile(publicPath);
  if (readKeyFile(path) === null && publicPem !== null) return { privateKey: null, publicKey: createPublicKey(publicPem) };
  const privateKey = openKey(path);
  const publicKey = createPublicKey(privateKey);
  if (publicPem !== null && formatPublicKey(createPublicKey(publicPem)) !== formatPublicKey(publicKey))
    throw new Error(`${path} is another key than ${publicPath}: agents pin the one in ${publicPath}; restore both from one backup`);
  if (publicPem === null) writeKeyFile(publicPath, publicKey.export({ type: 'spki', format: 'pem' }).toString());
  return { privateKey, publicKey };
};

const openKey = (path: string): KeyObject => {
  const pem = readKeyFile(path);
  if (pem !== null) return createPrivateKey(pem);
  const { privateKey } = generateKeyPairSync('ed25519');
  writeKeyFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  return privateKey;
};

const readDelegation = (path: string, rootKey: string): (Delegation & { readonly signed: SignedDelegation }) | null => {
  const text = readKeyFile(path);
  if (text === null) return null;
  const signed = Signed.shape.delegation.parse(JSON.parse(text));
  if (!isSignedBy(signed.body, signed.signature, rootKey))
    throw new Error(`${path} is not signed by the root key beside it: restore the whole keys directory from one backup`);
  return { ...Delegation.parse(JSON.parse(signed.body)), signed };
};
