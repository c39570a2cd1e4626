/**
 * The one schema of a policy document, whatever it was written in. What it accepts is what the compiler gets: nothing is
 * converted or filled in, so a digest over a document is a digest over what was written.
 */
import { z } from 'zod';
import { parsePointer } from '../../action/json/pointer.ts';
import { SINKS } from '../../flow/label-files/label-file.ts';
import { STANDINGS } from '../../flow/standing.ts';
import { DURATION_HELP, parseDuration } from '../../time/duration.ts';
import { parseActionPattern } from '../glob/action.ts';
import { wrongResourcePattern } from '../glob/resource.ts';
import { parseBetween, zoneClock } from '../value/clock.ts';
import { parseBlock } from '../value/network.ts';
import { PARAM_TESTS, type ParamTestName } from './param-tests.ts';
import { checked, closedObject, oneOrMany, scalar, scalars } from './terms.ts';

export const EFFECTS = ['permit', 'modify', 'require_approval', 'defer', 'deny'] as const;

const name = checked('bad_name', 'a name', (text) =>
  /^[\p{L}\p{N}][\p{L}\p{N} ._:/-]{0,127}$/u.test(text)
    ? undefined
    : 'a name is 1 to 128 letters, digits, spaces and . _ : / -, and begins with a letter or digit',
);
const prose = z.string().min(1).max(1_000);
const word = z.string().min(1).max(256);

const duration = checked('bad_duration', DURATION_HELP, (text) => {
  const ms = parseDuration(text);
  if (ms === undefined) return `not a duration: expected ${DURATION_HELP}`;
  return ms > 0 ? undefined : 'a duration is longer than nothing';
});
const pointer = checked('bad_pointer', 'a JSON Pointer, such as /amount', (text) =>
  parsePointer(text) === undefined
    ? 'not a JSON Pointer: expected a form such as /amount'
    : undefined,
);
const actionPattern = checked('bad_action', 'an action name or pattern', (text) => {
  const pattern = parseActionPattern(text);
  return 'wrong' in pattern ? pattern.wrong : undefined;
});
const resourcePattern = checked('bad_glob', 'a resource or pattern', wrongResourcePattern);

export const RATE_PARTS = ['principal', 'on_behalf_of', 'session', 'action', 'resource'] as const;

const ratePart = checked('bad_value', 'what a rate is counted by', (text) =>
  (RATE_PARTS as readonly string[]).includes(text) || parsePointer(text) !== undefined
    ? undefined
    : `expected ${RATE_PARTS.join(', ')} or a JSON Pointer to a parameter`,
);

const kinds = z.enum(['user', 'agent', 'service', 'scheduler', 'external']);

const principal = closedObject({
  kind: oneOrMany(kinds).optional(),
  id: oneOrMany(word).optional(),
  roles: oneOrMany(word).optional(),
  on_behalf_of: oneOrMany(word).optional(),
  attributes: z.record(word, z.union([scalar, scalars])).optional(),
});

const tests = closedObject(
  Object.fromEntries(
    Object.entries(PARAM_TESTS).map(([key, test]) => [key, test.operand.optional()]),
  ) as { [K in ParamTestName]: z.ZodOptional<(typeof PARAM_TESTS)[K]['operand']> },
);

const params = z
  .object({ other: z.literal('any', 'expected any').optional() })
  .catchall(tests)
  .superRefine((given, context) => {
    for (const key of Object.keys(given)) {
      if (key === 'other' || parsePointer(key) !== undefined) continue;
      context.addIssue({
        code: 'custom',
        message: `parameters are named by JSON Pointers: write /${key}`,
        path: [key],
        params: { code: 'bad_pointer' },
      });
    }
  });

const resource = z.union([
  oneOrMany(resourcePattern),
  closedObject({ glob: oneOrMany(resourcePattern), ignore_case: z.boolean().optional() }),
]);

const label = closedObject({
  integrity: z.enum(['trusted', 'untrusted']).optional(),
  confidentiality: oneOrMany(z.enum(['public', 'private', 'secret'])).optional(),
  source: oneOrMany(word).optional(),
  origin: oneOrMany(word).optional(),
});

/** Where arguments come from, by what they are for; `none` where there is no such argument. */
const standings = oneOrMany(z.enum(STANDINGS)).optional();

const flow = closedObject({
  labelled: z.boolean().optional(),
  sink: oneOrMany(z.enum([...SINKS, 'any', 'none'])).optional(),
  tainted: z.boolean().optional(),
  intent: oneOrMany(z.enum(['plain', 'delegated', 'absent'])).optional(),
  private: z.boolean().optional(),
  secret: z.boolean().optional(),
  destination: standings,
  selector: standings,
  quantity: standings,
  payload: standings,
  credential: standings,
  code: standings,
  links: standings,
  /** What sources that the user named may supply, in one turn of the user. */
  delegation: closedObject({
    actions: z.int().min(1).max(1_000_000).optional(),
    amount: z.record(pointer, z.number().min(0)).optional(),
  }).optional(),
});

const when = closedObject({
  principal: principal.optional(),
  action: oneOrMany(actionPattern).optional(),
  resource: resource.optional(),
  params: params.optional(),
  /** Of `proc.exec`: the program, called this way, runs others. */
  runs_others: z.boolean().optional(),
  labels: z.record(pointer, label).optional(),
  flow: flow.optional(),
  rate: closedObject({
    max: z.int().min(1).optional(),
    over: z.int().min(0).optional(),
    per: duration,
    by: z.array(ratePart).optional(),
  }).optional(),
  session: closedObject({
    age_max: duration.optional(),
    age_over: duration.optional(),
    actions_max: z.int().min(1).optional(),
    actions_over: z.int().min(0).optional(),
    quarantined: z.boolean().optional(),
  }).optional(),
  time: closedObject({
    between: checked('bad_time', 'a span of the day', (text) =>
      parseBetween(text) === undefined ? 'not a span of the day: expected HH:MM-HH:MM' : undefined,
    ),
    zone: checked('bad_zone', 'a time zone', (text) =>
      zoneClock(text) === undefined
        ? 'no such time zone: expected an IANA name such as Asia/Kolkata'
        : undefined,
    ).optional(),
  }).optional(),
  env: closedObject({
    ip: oneOrMany(
      checked('bad_address', 'an address or a CIDR block', (text) =>
        parseBlock(text) === undefined
          ? 'neither an address nor a CIDR block such as 10.0.0.0/8'
          : undefined,
      ),
    ).optional(),
    country: oneOrMany(
      checked('bad_country', 'a country', (text) =>
        /^[A-Z]{2}$/.test(text)
          ? undefined
          : 'countries are two capital letters, ISO 3166-1 alpha-2',
      ),
    ).optional(),
    region: oneOrMany(word).optional(),
    city: oneOrMany(word).optional(),
    device: oneOrMany(word).optional(),
    user_agent: oneOrMany(word).optional(),
  }).optional(),
  /** Whether a grant that covers the action comes with it. */
  grant: z.enum(['required', 'absent']).optional(),
  /** Characters of the reason given, once what does not show is taken off its ends. */
  justification: closedObject({
    min: z.int().min(1).max(4_000).optional(),
    under: z.int().min(1).max(4_000).optional(),
  }).optional(),
  expr: z.string().min(1).max(4_096).optional(),
});

/** What `set` can do to a parameter. */
export const CHANGES = Object.freeze({
  cap: 'a number is made at most this; of a list, each element',
  floor: 'a number is made at least this; of a list, each element',
  value: 'is set to this, whatever it was, and added where it is missing',
  remove: 'is taken out where it is there',
});

const change = closedObject({
  cap: z.number().optional(),
  floor: z.number().optional(),
  value: z.json().optional(),
  remove: z.literal(true, 'expected true').optional(),
});

const then = closedObject({
  notify: word.optional(),
  invalidate: z.enum(['session', 'principal', 'role']).optional(),
  set: z.record(pointer, change).optional(),
  judge: z.enum(['L1', 'L2', 'L3']).optional(),
  approvers: oneOrMany(word).optional(),
  quorum: z.int().min(1).max(100).optional(),
});

const rule = closedObject({
  name,
  effect: z.enum(EFFECTS),
  priority: z.int().min(0).max(1_000_000).optional(),
  final: z.boolean().optional(),
  absent: z.literal('no_match', 'expected no_match').optional(),
  visible: z.boolean().optional(),
  when: when.optional(),
  // biome-ignore lint/suspicious/noThenProperty: rules have a then, and a rule is never awaited.
  then: then.optional(),
  reason: prose.optional(),
  remedy: prose.optional(),
});

const invariant = closedObject({
  name,
  action: oneOrMany(actionPattern).optional(),
  param: pointer.optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  in: scalars.optional(),
  session: closedObject({
    age_max: duration.optional(),
    actions_max: z.int().min(1).optional(),
  }).optional(),
  allowed_actions: oneOrMany(actionPattern).optional(),
  blocked_actions: oneOrMany(actionPattern).optional(),
});

const BUDGET_UNITS = ['calls', 'money', 'bytes', 'time', 'tokens'] as const;
const BUDGET_PARTS = ['tenant', 'principal', 'session', 'action'] as const;

const budget = closedObject({
  name,
  of: z.enum(BUDGET_UNITS),
  max: z.union([z.number().min(0).max(1_000_000_000), duration]),
  per: duration.optional(),
  by: z.array(z.enum(BUDGET_PARTS)).optional(),
  action: oneOrMany(actionPattern).optional(),
  amount: pointer.optional(),
});

const sight = z.enum(['untrusted', 'private', 'secret', 'derived']);

const step = closedObject({
  action: oneOrMany(actionPattern).optional(),
  resource: oneOrMany(resourcePattern).optional(),
  /** Resources of those that do not count. */
  except: oneOrMany(resourcePattern).optional(),
  session_has_seen: oneOrMany(sight).optional(),
  principal_has_seen: oneOrMany(sight).optional(),
  carries: oneOrMany(sight).optional(),
  same: oneOrMany(z.union([z.enum(['principal', 'resource', 'destination']), pointer])).optional(),
  other: z.enum(['principal', 'session']).optional(),
  decided: z.enum(['permitted', 'denied', 'any']).optional(),
  times: z.int().min(1).max(32).optional(),
});

const behaviour = closedObject({
  name,
  sequence: z.string().min(1).max(512),
  steps: z.record(word, step),
  across: z.enum(['sessions', 'principals']).optional(),
  effect: z.enum(['deny', 'require_approval', 'quarantine', 'label']),
  label: closedObject({
    integrity: z.enum(['trusted', 'untrusted']).optional(),
    confidentiality: z.enum(['public', 'private', 'secret']).optional(),
  }).optional(),
  level: z.enum(['read_only', 'isolated', 'frozen']).optional(),
  whom: z.enum(['session', 'principal']).optional(),
  reason: prose.optional(),
});

const MOST_RULES = 50_000;

export const documentSchema = closedObject({
  version: z.literal(1, 'expected 1, the version of the policy language').optional(),
  description: prose.optional(),
  rules: z.array(rule).max(MOST_RULES).optional(),
  invariants: z.array(invariant).max(1_000).optional(),
  budgets: z.array(budget).max(1_000).optional(),
  behaviour: z.array(behaviour).max(100).optional(),
  remedy: prose.optional(),
  /** Of its rules and invariants that say nothing of it themselves. */
  visible: z.boolean().optional(),
});

export type PolicyDocument = z.infer<typeof documentSchema>;
export type Rule = z.infer<typeof rule>;
export type When = z.infer<typeof when>;
export type Behaviour = z.infer<typeof behaviour>;
export type BehaviourStep = z.infer<typeof step>;
export type Budget = z.infer<typeof budget>;
export type Invariant = z.infer<typeof invariant>;
export type ParamTests = z.infer<typeof tests>;
export type Change = z.infer<typeof change>;

export type Effect = (typeof EFFECTS)[number];

const MILDEST_FIRST: readonly Effect[] = ['permit', 'modify', 'defer', 'require_approval', 'deny'];

/** Of two effects, the one of more strictness wins. */
export const strictness = (effect: Effect): number => MILDEST_FIRST.indexOf(effect);

/** Rules that let an action through; the others restrict. */
export const isPermission = (effect: Effect): boolean => effect === 'permit' || effect === 'modify';
