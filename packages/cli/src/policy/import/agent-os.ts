/** Allow-lists of Agent OS Kernel: a capability becomes a permit rule. Globs are of segments here, so `*` ends at a `/`. */
import { closedObject, formatPointer } from '@portcullis/kernel';
import type { JsonObject } from '@portcullis/wire';
import { z } from 'zod';
import type { Mistakes, System } from './system.ts';

const scalar = z.union(
  [z.string(), z.number(), z.boolean(), z.null()],
  'expected a string, a number, a boolean or null',
);
const capability = closedObject({
  action: z.string().min(1),
  resource: z.string().min(1),
  constraint: z.record(z.string(), scalar).nullish(),
});
const schema = closedObject({ capabilities: z.array(capability) });

type Capability = z.infer<typeof capability>;

/** One action for all methods there, one for each here. */
const HTTP = 'net.http';
const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'];

export const agentOs: System<z.infer<typeof schema>> = Object.freeze({
  schema,
  rules: () => 'capabilities',
  translate: ({ capabilities }: z.infer<typeof schema>, mistakes: Mistakes) =>
    capabilities.map((one, index) => rule(one, index, mistakes)),
});

function rule(one: Capability, index: number, mistakes: Mistakes): JsonObject {
  const at = (...more: string[]) => ['capabilities', index, ...more];
  const { method, ...rest } = one.constraint ?? {};
  const http = one.action === HTTP;
  const asked = http ? rest : { ...one.constraint };
  if (http && method !== undefined && !METHODS.includes(String(method).toLowerCase()))
    mistakes.error('bad_value', at('constraint', 'method'), `expected ${METHODS.join(', ')}`);
  if (/(^|[^*])\*($|[^*])/.test(one.resource))
    mistakes.warning('narrower', at('resource'), '* ends at a / here; ** is for all below');
  const params = Object.fromEntries(
    Object.entries(asked).map(([name, value]) => [formatPointer([name]), { eq: value }]),
  );
  const methods = method === undefined ? METHODS : [String(method).toLowerCase()];
  return {
    name: `${one.action}-${index + 1}`,
    effect: 'permit',
    when: {
      action: http ? methods.map((each) => `http.${each}`) : one.action,
      resource: one.resource,
      ...(Object.keys(params).length === 0 ? {} : { params: { ...params, other: 'any' } }),
    },
  };
}
