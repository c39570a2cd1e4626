import { expect, it } from 'vitest';
import { policyReference } from './reference.ts';

it('the words of the language: taking one away breaks policies that somebody wrote', () => {
  const { effects, param_tests, changes, rate_by, variables, functions, methods } =
    policyReference();
  const names = (list: readonly { readonly name: string }[]) =>
    list.map(({ name }) => name).join(' ');
  expect(effects.join(' ')).toBe('permit modify require_approval defer deny');
  expect(names(param_tests)).toBe(
    'min max over under eq in not_in prefix suffix contains matches glob type length present',
  );
  expect(names(changes)).toBe('cap floor value remove');
  expect(rate_by).toEqual([
    'principal',
    'on_behalf_of',
    'session',
    'action',
    'resource',
    'a JSON Pointer to a parameter',
  ]);
  expect(names(variables)).toBe(
    'action resource.kind resource.value params principal.id principal.kind principal.roles principal.attributes ' +
      'principal.on_behalf_of session.age session.actions session.denied session.quarantine session.label env.ip ' +
      'env.country env.region env.city env.latitude env.longitude env.device env.user_agent now',
  );
  expect(names(functions)).toBe('has size int double string timestamp duration');
  expect(names(methods)).toBe(
    'size startsWith endsWith contains lowerAscii upperAscii getFullYear getMonth getDate getDayOfMonth getDayOfWeek ' +
      'getHours getMinutes matches all exists exists_one filter map',
  );
  for (const { meaning } of [...param_tests, ...changes, ...variables, ...functions, ...methods]) {
    expect(meaning.length).toBeGreaterThan(3);
  }
});
