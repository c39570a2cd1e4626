/** Counters for Prometheus. Every label comes from a closed set: the route table, the HTTP statuses sent, effects and codes. */
import { CODES, type KernelHost } from '@portcullis/kernel';
import type { Decision, Outcome } from '@portcullis/wire';
import { Counter, Gauge, type Metric, Registry } from 'prom-client';
import { DROP_CAUSES, type WebhookCounts } from '../webhooks/endpoint.ts';
import { DurationHistogram } from './duration-histogram.ts';
import { LabelledTally, Tally } from './tally.ts';

const EFFECTS = new Set(['permit', 'modify', 'require_approval', 'defer', 'deny']);
const STATUSES = new Set(['ok', 'error', 'unknown', 'not_executed']);
const isCode = (code: string): boolean => code === 'none' || Object.hasOwn(CODES, code);

const NO_WEBHOOKS: WebhookCounts = Object.freeze({ attempts: () => {}, dropped: () => {} });

/** The counters of one route, ready to hand. */
export interface RouteMeter {
  done(status: number, seconds: number): void;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter;
  readonly #seconds: DurationHistogram;
  readonly #decisions: LabelledTally;
  readonly #outcomes: LabelledTally;
  readonly #refused: Counter;
  readonly #tallies: Tally[] = [];

  constructor(host: KernelHost, connections: () => number, streams: () => number) {
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: 'portcullis_http_requests_total',
      help: 'Requests answered, by route and status.',
      labelNames: ['route', 'status'],
      registers,
    });
    this.#seconds = new DurationHistogram(
      'portcullis_http_request_seconds',
      'From the headers of a request to its answer.',
    );
    this.#registry.registerMetric(this.#seconds as unknown as Metric);
    const decisions = new Counter({
      name: 'portcullis_decisions_total',
      help: 'Decisions given over this sidecar, by effect and code.',
      labelNames: ['effect', 'code'],
      registers,
    });
    this.#decisions = new LabelledTally(decisions, EFFECTS, isCode);
    const outcomes = new Counter({
      name: 'portcullis_outcomes_total',
      help: 'Outcomes of permitted actions told over this sidecar, by status and code of the error.',
      labelNames: ['status', 'code'],
      registers,
    });
    this.#outcomes = new LabelledTally(outcomes, STATUSES, isCode);
    this.#refused = new Counter({
      name: 'portcullis_refused_total',
      help: 'Requests refused before the kernel saw them, by code.',
      labelNames: ['code'],
      registers,
    });
    const gauge = (name: string, help: string, read: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    gauge('portcullis_connections', 'Connections open.', connections);
    gauge('portcullis_event_streams', 'Event streams open.', streams);
    gauge('portcullis_sessions', 'Sessions open.', () => host.status().sessions);
    gauge('portcullis_held', 'Actions that wait for an approval.', () => host.status().held);
    gauge('portcullis_unknown', 'Actions whose outcome nobody knows.', () => host.status().unknown);
    gauge('portcullis_frozen', '1 while everything of every tenant is denied.', () =>
      Number(host.status().frozen),
    );
    gauge(
      'portcullis_journal_seq',
      'Number of the newest record.',
      () => host.status().journal.seq,
    );
    gauge('portcullis_journal_writable', '1 while the journal takes records.', () =>
      Number(host.status().journal.writable),
    );
    gauge('portcullis_resident_bytes', 'Resident memory.', () => process.memoryUsage.rss());
    gauge('portcullis_uptime_seconds', 'Since the process started.', () => process.uptime());
  }

  route(name: string): RouteMeter {
    const byStatus = new Map<number, Tally>();
    const observe = this.#seconds.of(name);
    return {
      done: (status, took) => {
        let counter = byStatus.get(status);
        if (counter === undefined) {
          counter = this.#tally(this.#requests.labels(name, String(status)));
          byStatus.set(status, counter);
        }
        counter.add();
        observe(took);
      },
    };
  }

  decided({ effect, code }: Pick<Decision, 'effect' | 'code'>): void {
    this.#decisions.add(effect, code);
  }

  /** What came of an action that was permitted; nothing where nobody has tried it. */
  settled({ status, error }: Outcome): void {
    if (status === 'not_executed' && error === undefined) return;
    this.#outcomes.add(status, error?.code ?? 'none');
  }

  refused(code: string): void {
    this.#refused.inc({ code });
  }

  /** The counters of webhooks of these names. */
  webhooks(names: readonly string[], waiting: (name: string) => number): WebhookCounts {
    if (names.length === 0) return NO_WEBHOOKS;
    const registers = [this.#registry];
    const attempts = new Counter({
      name: 'portcullis_webhook_attempts_total',
      help: 'Attempts to hand an event over, by webhook and outcome.',
      labelNames: ['webhook', 'outcome'],
      registers,
    });
    const dropped = new Counter({
      name: 'portcullis_webhook_dropped_total',
      help: 'Events that were given up, by webhook and cause.',
      labelNames: ['webhook', 'cause'],
      registers,
    });
    new Gauge({
      name: 'portcullis_webhook_waiting',
      help: 'Events that wait to be delivered, by webhook.',
      labelNames: ['webhook'],
      registers,
      collect() {
        for (const webhook of names) this.set({ webhook }, waiting(webhook));
      },
    });
    for (const webhook of names)
      for (const cause of DROP_CAUSES) dropped.inc({ webhook, cause }, 0);
    return {
      attempts: (webhook, outcome) => attempts.inc({ webhook, outcome }),
      dropped: (webhook, cause) => dropped.inc({ webhook, cause }),
    };
  }

  text(): Promise<string> {
    for (const tally of this.#tallies) tally.tell();
    this.#decisions.tell();
    this.#outcomes.tell();
    return this.#registry.metrics();
  }

  #tally(counter: Counter.Internal): Tally {
    const tally = new Tally(counter);
    this.#tallies.push(tally);
    return tally;
  }
}
