import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { ConfigSigner } from '../../controller/fleet/signer.ts';
import { formatPublicKey, signText } from '../../protocol/signature.ts';
import { PROTOCOL_VERSION } from '../../protocol/version.ts';
import type { Seeded } from './random.ts';

/** RFC 8410: the PKCS #8 frame around the 32 bytes of an Ed25519 private key. */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Root and signing key from the seed; they outlive every crash, as files do. */
export const makeSigner = (random: Seeded): { readonly signer: ConfigSigner; readonly rootKey: string } => {
  const root = key(random.fork('root'));
  const signing = key(random.fork('signing'));
  let generation = 1;
  const delegate = (): { body: string; signature: string } => {
    const body = JSON.stringify({ kind: 'delegation', generation, publicKey: formatPublicKey(createPublicKey(signing)) });
    return { body, signature: signText(body, root) };
  };
  let delegation = delegate();
  const signer: ConfigSigner = {
    generation: () => generation,
    sign: (content) => {
      const body = JSON.stringify(content);
      return JSON.stringify({ v: PROTOCOL_VERSION, delegation, body, signature: signText(body, signing) });
    },
    raiseGeneration: () => {
      generation += 1;
      delegation = delegate();
    },
  };
  return { signer, rootKey: formatPublicKey(createPublicKey(root)) };
};

const key = (random: Seeded): KeyObject =>
  createPrivateKey({ key: Buffer.concat([ED25519_PKCS8, Buffer.from(random.hex(32), 'hex')]), format: 'der', type: 'pkcs8' });
