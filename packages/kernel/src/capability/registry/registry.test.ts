/** Definitions of whatever origin: read strictly, pinned, searched among what may be seen; the built-in classes are the Python client's. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { CapabilityDefinition } from '@portcullis/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PortcullisError } from '../../errors.ts';
import { openHost } from '../../kernel.ts';
import { ownerCaller } from '../../owner.ts';
import { CLASS_RATES } from '../rates.ts';
import { BUILT_IN } from './builtin.ts';
import { readDefinition } from './definition.ts';
import { capabilitiesOfMcp } from './mcp.ts';
import { CapabilityRegistry } from './registry.ts';

const nothing = { find: () => undefined, takesGrant: () => false, views: [] };
const reading = { hasProvider: () => false, rates: CLASS_RATES };
const registry = (configured: CapabilityDefinition[] = []) =>
  new CapabilityRegistry({ actions: nothing, builtIn: [], configured, ...reading });
const plain: CapabilityDefinition = {
  id: 'a.b',
  name: 'A',
  description: 'It does.',
  action: 'do.it',
  safety: 'write',
};

describe('a definition', () => {
  it('is read or refused, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.record({ id: fc.anything() })), (input) => {
        try {
          readDefinition(input, reading);
          return false;
        } catch (error) {
          return error instanceof PortcullisError;
        }
      }),
    );
  });

  it('is another one with any change, and the same in any order', () => {
    const digest = (more: object) => readDefinition({ ...plain, ...more }, reading).digest;
    const { safety, ...rest } = plain;
    expect(readDefinition({ safety, ...rest }, reading).digest).toBe(digest({}));
    const changes = [{ name: 'B' }, { safety: 'read' }, { args: {} }, { tags: [] }, { cost: 1 }];
    expect(new Set(changes.map(digest)).size).toBe(changes.length);
  });

  it('makes of arguments what it fixes, and nothing else', () => {
    const fixed = { resource: 'one', params: { currency: 'EUR' } };
    const { operation } = readDefinition({ ...plain, fixed }, reading);
    const args = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(args, (given) => {
        const made = operation(given as never);
        if ('wrong' in made) return Object.hasOwn(given, 'currency');
        return made.resource === 'one' && made.params.currency === 'EUR';
      }),
    );
  });
});

describe('a registry', () => {
  it('folds what came over the wire, and keeps tenants apart', () => {
    const one = registry();
    const { read } = one.check('t', plain);
    one.register('t', read);
    const changed = one.check('t', { ...plain, description: 'It does more.' });
    expect(changed.changes).toBe(true);
    one.register('t', changed.read);
    const again = registry();
    again.load(JSON.parse(JSON.stringify(one.save())));
    for (const each of [one, again]) {
      expect(each.list('t').map(({ status }) => status)).toEqual(['active', 'pending']);
      expect(each.find('a.b', 't')?.digest).toBe(read.digest);
      expect(each.find('a.b', 'other')).toBeUndefined();
      expect(each.list('other')).toEqual([]);
      each.approve('t', 'a.b');
      expect(each.find('a.b', 't')?.digest).toBe(changed.read.digest);
    }
  });

  it('never forgets that an action was destructive', () => {
    const one = registry();
    one.register('t', one.check('t', { ...plain, safety: 'destructive' }).read);
    one.register('t', one.check('t', { ...plain, safety: 'read' }).read);
    one.approve('t', 'a.b');
    const again = registry();
    again.load(JSON.parse(JSON.stringify(one.save())));
    one.delete('t', 'a.b');
    for (const each of [one, again])
      expect([each.takesGrant('do.it', 't'), each.takesGrant('do.it', 'other')]).toEqual([
        true,
        false,
      ]);
  });

  it('holds what comes again against what was deleted, also when it is not what was deleted that waited', () => {
    const one = registry();
    const approved = one.check('t', plain).read;
    const other = one.check('t', { ...plain, description: 'It does more.' }).read;
    one.register('t', approved);
    one.register('t', other);
    one.delete('t', 'a.b');
    expect(one.list('t')).toEqual([]);
    one.register('t', other);
    one.delete('t', 'a.b');
    const again = registry();
    again.load(JSON.parse(JSON.stringify(one.save())));
    for (const each of [one, again]) {
      each.register('t', other);
      const third = registry();
      third.load(JSON.parse(JSON.stringify(each.save())));
      for (const now of [each, third]) {
        expect(now.list('t').map(({ status }) => status)).toEqual(['pending']);
        expect(now.find('a.b', 't')).toBeUndefined();
        now.register('t', approved);
        expect(now.list('t')).toMatchObject([{ status: 'active', digest: approved.digest }]);
      }
    }
  });

  it('reads what was saved before anything could be deleted', () => {
    const one = registry();
    one.load([['t', [[plain, { ...plain, cost: 1 }]]]] as never);
    expect(one.list('t').map(({ status }) => status)).toEqual(['active', 'pending']);
  });

  it('refuses two configured ones of one id', () => {
    expect(() => registry([plain, plain])).toThrow(PortcullisError);
  });
});

describe('tools that an MCP server lists', () => {
  it('are destructive, whatever the server says of them', () => {
    const tools = [
      { name: 'Read Mail', description: 'reads', annotations: { readOnlyHint: true } },
      { name: 'send', inputSchema: { type: 'object' } },
    ];
    const [first, second] = capabilitiesOfMcp('office', tools, { send: 'write' });
    expect(first).toMatchObject({ id: 'mcp.office.read_mail', safety: 'destructive' });
    expect(second).toMatchObject({ safety: 'write', fixed: { resource: 'office/send' } });
    for (const one of [first, second]) expect(() => readDefinition(one, reading)).not.toThrow();
    expect(capabilitiesOfMcp('x', [{ name: '__proto__' }], {})[0]?.safety).toBe('destructive');
  });

  it('are read though they carry words and formats of their own, and what is known of them holds', () => {
    const inputSchema = {
      type: 'object',
      'x-order': ['to'],
      markdownDescription: 'an object',
      properties: {
        to: { type: 'string', format: 'email', 'x-ui': { hidden: true } },
        'x-odd': { type: 'string', format: 'markdown' },
        format: { type: 'string', enum: ['x-format'] },
        at: {
          anyOf: [
            { type: 'string', format: 'date-time' },
            { type: 'null', enumNames: [] },
          ],
        },
        any: {
          type: 'object',
          additionalProperties: { type: 'number', format: 'double', nope: 1 },
        },
      },
      required: ['to'],
      additionalProperties: false,
      $schema: 'http://json-schema.org/draft-07/schema#',
    };
    const [made] = capabilitiesOfMcp('office', [{ name: 'send', inputSchema }]);
    const read = readDefinition(made, reading).definition as unknown as CapabilityDefinition;
    const args = read.args as unknown as typeof inputSchema;
    expect(Object.keys(args.properties)).toEqual(['any', 'at', 'format', 'to', 'x-odd']);
    expect(args.properties.to).toEqual({ type: 'string', format: 'email' });
    expect(args.properties['x-odd']).toEqual({ type: 'string' });
    expect(JSON.stringify(args)).not.toMatch(/x-order|markdown|x-ui|enumNames|nope/);
    const deep = { type: 'object', properties: {} as Record<string, unknown> };
    let at = deep;
    for (let i = 0; i < 5_000; i++) {
      const next = { type: 'object', properties: {} };
      at.properties.a = next;
      at = next;
    }
    const [far] = capabilitiesOfMcp('x', [{ name: 'far', inputSchema: deep as never }]);
    expect(() => readDefinition(far, reading)).toThrow(PortcullisError);
    // In a schema of one's own such words are mistakes.
    const own = { ...made, args: inputSchema };
    expect(() => readDefinition(own, reading)).toThrow(/mcp\.office\.send: .*unknown keyword/);
  });
});

it('the built-in classes are those of the Python client', () => {
  const program =
    'import json; from portcullis.verbs.aliases import ALIASES; print(json.dumps({n: [a["action"], a["resource"]] for n, a in ALIASES.items()}))';
  const root = join(import.meta.dirname, '../../../../..');
  const aliases = JSON.parse(
    execFileSync('python3', ['-c', program], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: join(root, 'python'), PYTHONDONTWRITEBYTECODE: '1' },
    }),
  ) as Record<string, [string, string[]]>;
  for (const { id, action, resource_from } of BUILT_IN) {
    expect([id, aliases[id]?.[0]]).toEqual([id, action]);
    expect(aliases[id]?.[1]).toContain(resource_from);
  }
});

it('order and number of what is found tell nothing of what is hidden', async () => {
  const make = (hidden: number) => {
    const more = Array.from({ length: hidden }, (_, i) => ({
      ...plain,
      id: `secret.n${i}`,
      action: 'secret.thing',
      description: 'pay refund money back customer',
    }));
    const seen = ['refund money', 'pay a customer', 'money back'].map((description, i) => ({
      ...plain,
      id: `open.n${i}`,
      description,
    }));
    const policy = {
      version: 1,
      rules: [{ name: 'a', effect: 'permit', when: { action: 'do.it' } }],
    };
    return openHost({ builtins: [], policy: policy as never, capabilities: [...more, ...seen] });
  };
  const hosts = [await make(0), await make(200)];
  const caller = ownerCaller({ id: 'bot' });
  const agent = { ...caller, rights: new Set(['submit'] as const) };
  const found = await Promise.all(
    hosts.map((host) => host.as(agent).requestCapabilities({ goal: 'refund money to a customer' })),
  );
  expect(found[0]?.length).toBe(3);
  expect(found[1]).toEqual(found[0]);
  for (const host of hosts) await host.close();
});

it('what time or an invalidation takes away is not found any more', async () => {
  let now = Date.parse('2026-11-21T10:00:00Z');
  const rules = [
    { name: 'a', effect: 'permit', when: { action: 'do.it', time: { between: '09:00-17:00' } } },
    { name: 'b', effect: 'permit', when: { action: 'do.more' } },
  ];
  const host = await openHost({
    now: () => now,
    builtins: [],
    policy: { version: 1, rules } as never,
    capabilities: [plain, { ...plain, id: 'a.more', action: 'do.more' }],
  });
  const owner = ownerCaller({ id: 'root' });
  const bot = host.as({ ...ownerCaller({ id: 'bot' }), rights: new Set(['submit'] as const) });
  const found = async () =>
    (await bot.requestCapabilities({ goal: plain.description })).map(({ id }) => id);
  expect((await found()).sort()).toEqual(['a.b', 'a.more']);
  now += 10 * 3_600_000;
  expect(await found()).toEqual(['a.more']);
  now += 14 * 3_600_000;
  expect((await found()).sort()).toEqual(['a.b', 'a.more']);
  await host.as(owner).invalidate({ target: 'principal', id: 'bot', reason: 'lost' });
  expect(await found()).toEqual([]);
  await host.close();
});

describe('the list', () => {
  it('of a tenant is its own, of as many tenants as there are, and what all have is there once', () => {
    const all = registry([plain, { ...plain, id: 'z.all' }]);
    const own = (n: number) => readDefinition({ ...plain, id: `m.own${n}` }, reading);
    for (let n = 0; n < 200; n++) all.register(`t${n}`, own(n));
    const shared = all.list('of none');
    expect(shared.map(({ id }) => id)).toEqual(['a.b', 'z.all']);
    for (let round = 0; round < 2; round++)
      for (let n = 0; n < 200; n++) {
        const list = all.list(`t${n}`);
        expect(list.map(({ id }) => id)).toEqual(['a.b', `m.own${n}`, 'z.all']);
        expect(all.list(`t${n}`)).toBe(list);
        if (round === 0 && n < 50) expect(list[0]).toBe(shared[0]);
      }
    all.delete('t7', 'm.own7');
    expect(all.list('t7').map(({ id }) => id)).toEqual(['a.b', 'z.all']);
  });
});
