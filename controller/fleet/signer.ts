/** What the fleet asks of the signing keys (controller/pki/signing.ts has them). */
export interface ConfigSigner {
  /** The generation that the root key has signed the present signing key into. */
  generation(): number;
  /** The message to publish: the JSON text of a `Signed` (protocol/config.ts) whose body is this object. */
  sign(body: object): string;
  /** Has the root sign the next generation, durably: for a fleet that is ahead of a restored backup. Rejects when the root key is not here. */
  raiseGeneration(): void | Promise<void>;
}
