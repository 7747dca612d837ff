import { MQTT_WEBSOCKET_PATH } from '../../protocol/enrolment.ts';
import type { Parsed } from '../../protocol/labels.ts';

export const DEFAULT_PORT = 8883;
const HTTPS_PORT = 443;

/** Where a controller or a broker is. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** null: MQTT right over TLS; otherwise over a WebSocket on this path. */
  readonly webSocketPath: string | null;
}

/** `host`, `host:port`, `[v6]:port`, `mqtts://host:port`, `https://host:port` (the same) or `wss://host:port/mqtt`. */
export const parseEndpoint = (text: string): Parsed<Endpoint> => {
  const withScheme = /^[a-z]+:\/\//.test(text) ? text : `mqtts://${text.includes('[') || text.split(':').length <= 2 ? text : `[${text}]`}`;
  const url = URL.parse(withScheme);
  const isWebSocket = url?.protocol === 'wss:';
  if (url === null || url.hostname === '' || !['mqtts:', 'https:', 'wss:'].includes(url.protocol))
    return {
      ok: false,
      reason: `"${text}" is not a controller's address: HOST, HOST:PORT, mqtts://HOST:PORT or wss://HOST:PORT${MQTT_WEBSOCKET_PATH}`,
    };
  return {
    ok: true,
    value: {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (url.protocol === 'mqtts:' ? DEFAULT_PORT : HTTPS_PORT) : Number(url.port),
      webSocketPath: isWebSocket ? (url.pathname.length > 1 ? url.pathname : MQTT_WEBSOCKET_PATH) : null,
    },
  };
};

export const formatEndpoint = ({ host, port, webSocketPath }: Endpoint): string => {
  const name = host.includes(':') ? `[${host}]` : host;
  return webSocketPath === null ? `mqtts://${name}:${port}` : `wss://${name}:${port}${webSocketPath}`;
};
