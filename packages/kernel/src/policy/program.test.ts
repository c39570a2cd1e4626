/** `runs_others`: rules tell a program from one that starts another, and say nothing of what is no program. */
import type { Kernel } from '@portcullis/wire';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKernel } from '../kernel.ts';

let kernel: Kernel;
beforeAll(async () => {
  kernel = await createKernel({
    builtins: [],
    policy: `version: 1
rules:
  - {name: plain, effect: permit, when: {action: [proc.exec, other.thing], runs_others: false, params: {other: any}}}
  - {name: runners, effect: deny, when: {action: proc.exec, runs_others: true}, remedy: Call the program itself.}
`,
  });
});
afterAll(() => kernel.close());

const codeOf = async (resource: string, params: object, action = 'proc.exec') =>
  (await kernel.decide({ action, resource, params: params as never, execution: 'none' })).decision
    .code;

it.each([
  ['git', ['status']],
  ['/usr/bin/ls', []],
  ['find', ['.', '-name', 'x']],
])('permits %s %j, which runs nothing else', async (program, args) => {
  expect(await codeOf(program, { args })).toBe('permitted');
});

it.each([
  ['sh', ['-c', 'id']],
  ['git', ['-c', 'core.pager=sh', 'log']],
  ['find', ['.', '-exec', 'rm', '{}', ';']],
  ['/usr/bin/python3.11', ['-c', 'import os']],
  ['env', []],
])('denies %s %j, which runs another', async (program, args) => {
  expect(await codeOf(program, { args })).toBe('denied_by_rule');
});

it('is never asked of arguments that are none, and unknown of what is no program', async () => {
  expect(await codeOf('git', { args: 'status' })).toBe('invalid_params');
  expect(await codeOf('git', { args: [1] })).toBe('invalid_params');
  expect(await codeOf('x', {}, 'other.thing')).toBe('no_matching_rule');
});
