import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { CONTROLLER_SERVER_NAME } from '../../protocol/enrolment.ts';
import type { Random } from '../../protocol/random.ts';
import type { Clock } from '../../protocol/time.ts';
import { CONTROLLER_NAME, mosquittoAcl, mosquittoConfig, mosquittoFetchScript, REVOKED_FILE } from '../broker/mosquitto.ts';
import { pathsIn } from '../data.ts';
import { openAuthority } from '../pki/authority.ts';
import { issueBrokerCertificates } from '../pki/issue.ts';
import { writeKeyFile } from '../pki/key-files.ts';
import { makeRevocationList, type RevokedCertificate } from '../pki/revocation-list.ts';

/** Writes everything that an external Mosquitto needs into `mosquitto/` of the data directory; its path. The certificates live a year. */
export const writeMosquittoFiles = async (
  data: string,
  broker: { readonly port: number; readonly names: readonly string[]; readonly revoked: readonly RevokedCertificate[] },
  clock: Clock,
  random: Random,
): Promise<string> => {
  const paths = pathsIn(data);
  const authority = await openAuthority(paths.keys, clock, random);
  const names = [...new Set([CONTROLLER_SERVER_NAME, 'localhost', '127.0.0.1', '::1', ...broker.names])];
  const { server, client } = await issueBrokerCertificates(authority, names, CONTROLLER_NAME, clock.now(), random);
  const files: Readonly<Record<string, string>> = {
    'ca.crt': authority.certificatePem,
    'server.crt': server.pem,
    'server.key': server.keyPem,
    'controller.crt': client.pem,
    'controller.key': client.keyPem,
    acl: mosquittoAcl(),
    'mosquitto.conf': mosquittoConfig({ directory: paths.broker, port: broker.port }),
    'fetch-revoked': mosquittoFetchScript(),
    [REVOKED_FILE]: await makeRevocationList(authority, broker.revoked, clock.now()),
  };
  for (const [name, text] of Object.entries(files)) writeKeyFile(join(paths.broker, name), text);
  chmodSync(join(paths.broker, 'fetch-revoked'), 0o700);
  return paths.broker;
};
