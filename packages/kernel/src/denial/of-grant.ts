/** What helps where a grant is refused: of the action it would be for not all is known, so only what is settled counts. */
import type { Help } from '@portcullis/wire';
import type { Code } from '../errors.ts';
import type { Denial, Evaluation } from '../gate/guard.ts';
import { pathOf } from '../policy/remedy.ts';
import type { Policy } from '../policy/types.ts';
import { FALSE } from '../policy/value/truth.ts';
import { helpByCode } from './by-code.ts';
import { readsPolicy } from './entitled.ts';

/** Conditions on these are as they will be when the grant is used. */
const SETTLED: ReadonlySet<unknown> = new Set([
  'principal',
  'session',
  'env',
  'time',
  'grant',
  'justification',
]);
const MOST_UNMET = 4;

export function grantDenial(policy: Policy, probe: Evaluation, code: Code): Denial {
  const { action } = probe;
  const plain = helpByCode(code);
  if (action === undefined) return { code, help: plain, unmet: undefined };
  const rules = policy.unmet(probe).flatMap(({ rule, conditions }) => {
    const failed = conditions.filter(
      ({ path, test }) => SETTLED.has(path[1]) && test(probe, action) === FALSE,
    );
    return failed.length === 0 ? [] : [{ rule, failed }];
  });
  const near = rules.find(({ failed }) => failed.every(({ path }) => path[1] === 'justification'));
  const wanted = near?.failed[0]?.wants;
  const full: Help =
    code !== 'justification_required' || wanted === undefined
      ? plain
      : { ...plain, arguments: [{ argument: '/justification', permitted: [wanted] }] };
  const unmet = rules
    .slice(0, MOST_UNMET)
    .map(({ rule, failed }) => [rule.name, failed.map((one) => pathOf(one))]);
  const entitled = readsPolicy(probe.caller.rights);
  const help = entitled || near?.rule.visible === true ? full : plain;
  return {
    code,
    help: entitled ? () => help : help,
    unmet: unmet.length === 0 ? undefined : unmet,
  };
}
