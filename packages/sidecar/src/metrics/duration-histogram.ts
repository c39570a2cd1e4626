/**
 * A histogram by route, counted in plain arrays and told to the registry when it is read: at each request the registry's own costs
 * more than the authentication does.
 */

const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10, 60] as const;

interface Counts {
  /** One more than there are bounds: the last has none. */
  readonly buckets: Float64Array;
  sum: number;
}

export interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export class DurationHistogram {
  readonly name: string;
  readonly help: string;
  readonly #routes = new Map<string, Counts>();

  constructor(name: string, help: string) {
    this.name = name;
    this.help = help;
  }

  /** Counts one duration, in seconds, of this route. */
  of(route: string): (seconds: number) => void {
    const counts: Counts = { buckets: new Float64Array(BOUNDS.length + 1), sum: 0 };
    this.#routes.set(route, counts);
    return (seconds) => {
      let at = 0;
      while (at < BOUNDS.length && seconds > (BOUNDS[at] as number)) at++;
      (counts.buckets[at] as number)++;
      counts.sum += seconds;
    };
  }

  /** What the registry asks for: cumulative buckets, sum and count of the routes that were called. */
  get(): { name: string; help: string; type: 'histogram'; values: Sample[] } {
    const { name, help } = this;
    const values: Sample[] = [];
    for (const [route, { buckets, sum }] of this.#routes) {
      let count = 0;
      const own: Sample[] = [];
      buckets.forEach((inside, at) => {
        count += inside;
        const le = BOUNDS[at] ?? '+Inf';
        own.push({ metricName: `${name}_bucket`, labels: { le, route }, value: count });
      });
      if (count === 0) continue;
      values.push(
        ...own,
        { metricName: `${name}_sum`, labels: { route }, value: sum },
        { metricName: `${name}_count`, labels: { route }, value: count },
      );
    }
    return { name, help, type: 'histogram', values };
  }
}
