/** Counters of the door and of the engine in the Prometheus text format. */

export interface HttpMetrics {
  observe(route: string, method: string, status: number, seconds: number): void;
  text(gauges: Record<string, number>, engine: Record<string, number>): string;
}

const BUCKETS = [0.005, 0.025, 0.1, 0.5, 2.5, 10];

interface Histogram {
  counts: number[];
  sum: number;
  count: number;
}

/** Counts by route pattern, never by path: the number of series stays that of the routes. */
export function httpMetrics(): HttpMetrics {
  const requests = new Map<string, number>();
  const durations = new Map<string, Histogram>();
  return {
    observe(route, method, status, seconds) {
      const labels = `route="${escape(route)}",method="${escape(method)}"`;
      const series = `${labels},status="${status}"`;
      requests.set(series, (requests.get(series) ?? 0) + 1);
      const histogram = durations.get(labels) ?? { counts: BUCKETS.map(() => 0), sum: 0, count: 0 };
      BUCKETS.forEach((bound, at) => {
        if (seconds <= bound) histogram.counts[at] = (histogram.counts[at] ?? 0) + 1;
      });
      histogram.sum += seconds;
      histogram.count += 1;
      durations.set(labels, histogram);
    },
    text(gauges, engine) {
      const lines = [
        "# HELP forge_http_requests_total Requests answered.",
        "# TYPE forge_http_requests_total counter",
      ];
      for (const [labels, value] of requests) lines.push(`forge_http_requests_total{${labels}} ${value}`);
      lines.push(
        "# HELP forge_http_request_seconds Time from request to the head of its answer.",
        "# TYPE forge_http_request_seconds histogram",
      );
      for (const [labels, { counts, sum, count }] of durations) {
        BUCKETS.forEach((bound, at) => {
          lines.push(`forge_http_request_seconds_bucket{${labels},le="${bound}"} ${counts[at]}`);
        });
        lines.push(
          `forge_http_request_seconds_bucket{${labels},le="+Inf"} ${count}`,
          `forge_http_request_seconds_sum{${labels}} ${sum}`,
          `forge_http_request_seconds_count{${labels}} ${count}`,
        );
      }
      for (const [name, value] of Object.entries(gauges)) {
        lines.push(...untyped(`forge_http_${name}`, value, "gauge"));
      }
      for (const [name, value] of Object.entries(engine)) {
        lines.push(...untyped(`forge_${metricName(name)}`, value, "untyped"));
      }
      return lines.join("\n") + "\n";
    },
  };
}

const untyped = (
  name: string,
  value: number,
  type: string,
) => [`# TYPE ${name} ${type}`, `${name} ${number(value)}`];
const number = (value: number) =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
const escape = (text: string) => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

/** `queueDepth` and `queue.depth` become `queue_depth`. */
function metricName(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase().replace(/[^a-z0-9_]+/g, "_");
}
