import { CONTROLLER_SERVER_NAME } from '../../protocol/enrolment.ts';
import { everyAgentsTopic, TOPICS, type TopicName } from '../../protocol/topics.ts';

/** Where the files of an external Mosquitto lie on its host. */
export interface MosquittoPlace {
  readonly directory: string;
  readonly port: number;
}

/** Common name of the controller's own client certificate; upper case, so that no agent can have it. */
export const CONTROLLER_NAME = 'Sonde-controller';
/** List of the revoked certificates, in the directory and on the agents' port. */
export const REVOKED_FILE = 'revoked.crl';
export const REVOKED_PATH = `/${REVOKED_FILE}`;
const names = Object.keys(TOPICS) as TopicName[]; // Border: Object.keys forgets the keys of its argument.

/** mosquitto.conf for Mosquitto 2: our authority's client certificates only, who one is from the certificate, topics from the ACL file. */
export const mosquittoConfig = ({ directory, port }: MosquittoPlace): string =>
  [
    '# Made by "controller broker mosquitto-config". Mosquitto is transport here: it need keep nothing on disk.',
    'per_listener_settings false',
    `listener ${port}`,
    'protocol mqtt',
    `cafile ${directory}/ca.crt`,
    `certfile ${directory}/server.crt`,
    `keyfile ${directory}/server.key`,
    `crlfile ${directory}/${REVOKED_FILE}`,
    'require_certificate true',
    'use_identity_as_username true',
    'use_username_as_clientid true', // or one agent could end the session of another, and the controller's
    'allow_anonymous false',
    `acl_file ${directory}/acl`,
    'persistence false',
    'set_tcp_nodelay true',
    'max_queued_messages 1000',
    'message_size_limit 1048576',
    '',
  ].join('\n');

/** The access file: %u is the name in the client's certificate. The table of access is protocol/topics.ts. */
export const mosquittoAcl = (): string =>
  [
    `user ${CONTROLLER_NAME}`,
    ...names.map((name) => `topic ${TOPICS[name].from === 'agent' ? 'read' : 'write'} ${everyAgentsTopic(name)}`),
    '',
    ...names.map((name) => `pattern ${TOPICS[name].from === 'agent' ? 'write' : 'read'} ${everyAgentsTopic(name).replace('+', '%u')}`),
    '',
  ].join('\n');

/** For the broker's host: fetches the list when it is another one, and lets Mosquitto read it. */
export const mosquittoFetchScript = (): string => `#!/bin/sh
# fetch-revoked CONTROLLER:PORT [RELOAD COMMAND]: on the broker's host, every minute (cron, or a timer of systemd). Takes the list of revoked certificates
# from the controller's port for agents, and lets Mosquitto read it when it is another one.
set -eu
cd "$(dirname "$0")"
controller=$1
shift
trap 'rm -f ${REVOKED_FILE}.new' EXIT
curl -fsS --max-time 30 --cacert ca.crt --connect-to "${CONTROLLER_SERVER_NAME}:443:$controller" \
  -o ${REVOKED_FILE}.new https://${CONTROLLER_SERVER_NAME}${REVOKED_PATH}
cmp -s ${REVOKED_FILE}.new ${REVOKED_FILE} && exit 0
cat ${REVOKED_FILE}.new > ${REVOKED_FILE} # its owner and mode stay
if [ $# -gt 0 ]; then "$@"; else systemctl reload mosquitto; fi
`;
