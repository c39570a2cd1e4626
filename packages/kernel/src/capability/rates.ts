/**
 * How often one principal may use a capability: by its definition, else by its safety class. Uses are counted, not grants, for who acts and for
 * everybody who delegated the grant, so that delegating makes no room.
 */
import type { CapabilityDefinition, Principal } from '@portcullis/wire';
import type { RateUse } from '../gate/guard.ts';
import { parseDuration } from '../time/duration.ts';
import type { GrantedCapability, UseRate } from './port.ts';

export type ClassRates = Readonly<Record<CapabilityDefinition['safety'], UseRate | undefined>>;

const MINUTE = 60_000;

export const CLASS_RATES: ClassRates = Object.freeze({
  read: { max: 60, window: MINUTE },
  write: { max: 10, window: MINUTE },
  destructive: { max: 2, window: MINUTE },
});

/** What the built-in classes have: they name actions whose rates are the policy's. */
export const NO_RATES: ClassRates = Object.freeze({
  read: undefined,
  write: undefined,
  destructive: undefined,
});

/** So many times as often: programs call more than people and models do. */
const SERVICE = 10;

export type ClassRateOptions = {
  readonly [C in CapabilityDefinition['safety']]?: UseRate | false;
};

/** Throws a RangeError where a rate is none. */
export function classRates(options: ClassRateOptions = {}): ClassRates {
  const rates: Record<string, UseRate | undefined> = { ...CLASS_RATES };
  for (const [name, said] of Object.entries(options)) {
    if (said === undefined) continue;
    if (said !== false && !(isCount(said.max) && isCount(said.window)))
      throw new RangeError(`capabilityRates.${name}: max and window are whole numbers from 1`);
    rates[name] = said === false ? undefined : Object.freeze({ ...said });
  }
  return Object.freeze(rates) as ClassRates;
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;

export function rateOf(
  { rate, safety }: Pick<CapabilityDefinition, 'rate' | 'safety'>,
  classes: ClassRates,
): UseRate | undefined {
  if (rate === undefined) return classes[safety];
  if (rate === false) return undefined;
  const window = parseDuration(rate.per);
  return window === undefined ? classes[safety] : Object.freeze({ max: rate.max, window });
}

/** What one use counts; empty where nothing does. */
export function useRates(
  tenant: string,
  { id, rate }: Pick<GrantedCapability, 'id' | 'rate'>,
  payers: readonly Principal[],
): readonly RateUse[] {
  if (rate === undefined) return NONE;
  return payers.map((payer) => ({
    key: JSON.stringify([tenant, 'capability', id, payer.id]),
    max: isService(payer) ? rate.max * SERVICE : rate.max,
    window: rate.window,
    capability: id,
  }));
}

const NONE: readonly RateUse[] = Object.freeze([]);

const isService = ({ kind, roles }: Principal): boolean =>
  kind === 'service' || roles.includes('service');
