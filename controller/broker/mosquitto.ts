import { everyAgentsTopic, TOPICS, type TopicName } from '../../protocol/topics.ts';

/** Where the files of an external Mosquitto lie on its host. */
export interface MosquittoPlace {
  readonly directory: string;
  readonly port: number;
}

/** Common name of the controller's own client certificate; upper case, so that no agent can have it. */
export const CONTROLLER_NAME = 'Sonde-controller';
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
    'require_certificate true',
    'use_identity_as_username true',
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
