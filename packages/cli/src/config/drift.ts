/** `drift` as files and gates say it, as the kernel takes it. */
import type { HostOptions } from '@portcullis/kernel';

type Maybe<T> = T | undefined;

export interface DriftSettings {
  readonly enabled?: Maybe<boolean>;
  readonly ip?: Maybe<boolean>;
  readonly geo_km?: Maybe<number>;
  readonly device?: Maybe<boolean>;
  /** Milliseconds. */
  readonly age_max?: Maybe<number | false>;
  readonly rate_warn?: Maybe<number>;
  readonly rate_max?: Maybe<number | false>;
  readonly require?: Maybe<readonly ('ip' | 'location' | 'device')[]>;
  readonly standing?: Maybe<boolean>;
}

/** As the kernel has them where only one of the two is said. */
const RATE = { warn: 600, max: 6_000 };

/** Undefined where nobody said anything: the kernel's own defaults. */
export function driftOptions(said: DriftSettings): HostOptions['drift'] {
  if (said.enabled === false) return false;
  const { rate_warn: warn, rate_max: max } = said;
  const most = max ?? Math.max(RATE.max, warn ?? 0);
  const rate =
    warn === undefined && max === undefined
      ? undefined
      : most === false
        ? most
        : { warn: Math.min(warn ?? RATE.warn, most), max: most };
  const asked = {
    ip: said.ip,
    geoKm: said.geo_km,
    device: said.device,
    ageMax: said.age_max,
    rate,
    require: said.require,
    standing: said.standing,
  };
  const members = Object.entries(asked).filter(([, value]) => value !== undefined);
  return members.length === 0 ? undefined : Object.fromEntries(members);
}
