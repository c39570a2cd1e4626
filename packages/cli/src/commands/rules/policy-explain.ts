/** `portcullis policy explain`: what a policy would say of an action, condition by condition; without an action, its rules in order. */
import type { ExplainInput } from '@portcullis/kernel';
import type { JsonObject, PrincipalKind } from '@portcullis/wire';
import { readObject } from '../../answer/request.ts';
import { readInstant } from '../../config/instants.ts';
import { has, type Options, type Run, textOption, textsOption } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';
import { policyInForce, startDirOf } from '../../policy/document.ts';
import { compile } from '../../policy/load.ts';
import { printExplanation, printRules } from '../../policy/print-explanation.ts';

export const run: Run = async (context, action, resource) => {
  const { terminal, options } = context;
  const startDir = startDirOf((await context.configuration()).settings);
  const policy = await compile(await policyInForce(context, textOption(options, 'policy')));
  if (action === undefined) {
    const rules = policy.layers.flatMap((layer) => layer.rules);
    const shown = rules.map(({ name, effect, priority, final, reason }) => ({
      name,
      effect,
      priority,
      final,
      ...(reason === undefined ? {} : { reason }),
    }));
    const invariants = policy.invariants.map(({ name }) => name);
    if (has(options, 'json')) terminal.json({ digest: policy.digest, rules: shown, invariants });
    else printRules(terminal, shown, invariants);
    return EXIT.fine;
  }
  const { explainPolicy } = await import('@portcullis/kernel');
  const input = await situation(options, action, resource, startDir);
  const explanation = await explainPolicy(policy, input);
  if (has(options, 'json')) terminal.json(explanation);
  else printExplanation(terminal, explanation);
  const effect = explanation.decision?.effect;
  return effect === 'permit' || effect === 'modify' ? EXIT.fine : EXIT.refused;
};

async function situation(
  options: Options,
  action: string,
  resource: string | undefined,
  startDir: string,
): Promise<ExplainInput> {
  const written = textOption(options, 'params');
  const params: JsonObject | undefined =
    written === undefined ? undefined : await readObject(written, '--params');
  const given = textOption(options, 'now');
  const now = given === undefined ? undefined : readInstant(given);
  if (given !== undefined && now === undefined) {
    throw new UsageError('--now: expected a time such as 2026-01-31T09:00:00Z');
  }
  const roles = textsOption(options, 'roles');
  const behalf = textOption(options, 'onBehalfOf');
  return {
    principal: {
      id: textOption(options, 'principal') ?? 'local',
      kind: (textOption(options, 'kind') ?? 'agent') as PrincipalKind,
      ...(roles === undefined ? {} : { roles }),
    },
    action,
    start_dir: startDir,
    ...(resource === undefined ? {} : { resource }),
    ...(params === undefined ? {} : { params }),
    ...(behalf === undefined ? {} : { on_behalf_of: behalf }),
    ...(now === undefined ? {} : { now }),
  };
}
