import { type Metric, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { DurationHistogram } from './duration-histogram.ts';

test('cumulative buckets, sum and count, as Prometheus reads them', async () => {
  const durations = new DurationHistogram('d_seconds', 'How long.');
  const registry = new Registry();
  registry.registerMetric(durations as unknown as Metric);
  const observe = durations.of('GET /a');
  durations.of('GET /never');
  for (const seconds of [0, 0.0005, 0.0006, 1, 61, Number.POSITIVE_INFINITY]) observe(seconds);
  const text = await registry.metrics();
  expect(text).toContain('# TYPE d_seconds histogram');
  expect(text).toContain('d_seconds_bucket{le="0.0005",route="GET /a"} 2');
  expect(text).toContain('d_seconds_bucket{le="0.001",route="GET /a"} 3');
  expect(text).toContain('d_seconds_bucket{le="60",route="GET /a"} 4');
  expect(text).toContain('d_seconds_bucket{le="+Inf",route="GET /a"} 6');
  expect(text).toContain('d_seconds_count{route="GET /a"} 6');
  expect(text).not.toContain('never');
});
