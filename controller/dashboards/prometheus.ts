// What a Prometheus needs to scrape Sonde, and alerts on what it finds there.
import { stringify } from 'yaml';
import type { ExportFile } from './chronograf.ts';

export interface PrometheusOptions {
  /** `host:port` of the controller's web admin. */
  readonly address: string;
  readonly tls: boolean;
}

export const prometheusFiles = (options: PrometheusOptions): ExportFile[] => [
  { path: 'prometheus.yml', text: stringify(scraping(options)) },
  { path: 'rules/network.yml', text: `${ABOUT_RULES}${stringify(RULES)}` },
];

/** `authorization` is for a controller on another host; on its own host /metrics is open. */
const scraping = ({ address, tls }: PrometheusOptions) => {
  const scheme = tls ? { scheme: 'https', tls_config: { ca_file: 'ca.crt' }, authorization: { credentials_file: 'sonde-token' } } : {};
  const job = (job_name: string, metrics_path: string) => ({ job_name, metrics_path, ...scheme, static_configs: [{ targets: [address] }] });
  return {
    global: { scrape_interval: '15s', evaluation_interval: '15s' },
    rule_files: ['rules/*.yml'],
    // What rules/network.yml marks so is evaluated and shown, and told to nobody.
    alerting: { alert_relabel_configs: [{ source_labels: ['notify'], regex: 'none', action: 'drop' }] },
    scrape_configs: [
      job('sonde', '/metrics'),
      { ...job('sonde-fleet', '/metrics/fleet'), honor_labels: true },
      {
        job_name: 'sonde-agents',
        http_sd_configs: [
          { url: `${tls ? 'https' : 'http'}://${address}/api/v1/prometheus/sd`, refresh_interval: '60s', ...without(scheme, 'scheme') },
        ],
      },
    ],
  };
};

const without = (from: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(from).filter(([key]) => key !== name));

const ABOUT_RULES = `# A fixed latency or bandwidth is an operator's to choose: 200 ms is an outage in a rack and normal across an ocean, and a host that
# has nothing to send sends less than 5 Mbit/s. CriticalLatency and BandwidthDegradation are therefore evaluated and shown, but carry
# the label notify="none": prometheus.yml beside this file drops such alerts before they reach Alertmanager (alert_relabel_configs).
# With a prometheus.yml of your own, copy that part. To be told, narrow the expression to whom it fits, such as
# network_latency_milliseconds{host=~"core-.+"} or network_bandwidth_mbps{agent="uplink1"}, choose the threshold and the severity,
# and take the label out. The other alerts are right everywhere.
`;

const alert = (name: string, expr: string, hold: string, severity: string, summary: string, description: string) => ({
  alert: name,
  expr,
  for: hold,
  labels: { severity },
  annotations: { summary, description },
});

/** Evaluated and shown, told to nobody. */
const shown = (rule: ReturnType<typeof alert>) => ({ ...rule, labels: { ...rule.labels, notify: 'none' } });

export const RULES = {
  groups: [
    {
      name: 'network_quality',
      rules: [
        shown(
          alert(
            'CriticalLatency',
            'avg_over_time(network_latency_milliseconds[5m]) > 200',
            '2m',
            'info',
            'Critical latency from {{ $labels.agent }} to {{ $labels.host }}',
            'Network latency is {{ $value }} ms (threshold: 200 ms)',
          ),
        ),
        shown(
          alert(
            'BandwidthDegradation',
            'network_bandwidth_mbps < 5',
            '5m',
            'info',
            'Low bandwidth on {{ $labels.agent }}',
            'The host sends {{ $value }} Mbit/s',
          ),
        ),
        alert(
          'HighPacketLoss',
          'avg_over_time(packet_loss_ratio[5m]) > 0.02',
          '2m',
          'warning',
          'High packet loss from {{ $labels.agent }} to {{ $labels.host }}',
          'Packet loss ratio is {{ $value }}',
        ),
      ],
    },
    {
      name: 'sonde',
      rules: [
        alert(
          'SondeStoreBehind',
          'sonde_store_lag_seconds > 60',
          '5m',
          'warning',
          'The store is behind what is measured',
          'Rounds reach the store {{ $value }} s after they ended; nothing is lost while the arrival log has room',
        ),
        alert(
          'SondeArrivalLogFilling',
          'sonde_arrival_log_bytes / sonde_arrival_log_capacity_bytes > 0.8',
          '5m',
          'critical',
          'The arrival log is filling up',
          'When it is full, agents keep their rounds in their own spools',
        ),
        alert(
          'SondePointsSetAside',
          'increase(sonde_points_set_aside_total[1h]) > 0',
          '1m',
          'warning',
          'The store refuses points',
          '{{ $value }} points in the last hour; the web admin names them',
        ),
      ],
    },
  ],
};
