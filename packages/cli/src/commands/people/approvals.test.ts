/** Approvals from a second terminal: one asks, another sees and answers, the first takes it up again. Real processes, a real sidecar. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../../testing/call.ts';
import { canDrive, onTerminal } from '../../testing/on-terminal.ts';
import { type Place, place } from '../../testing/run.ts';
import { type Serving, serve } from '../../testing/serving.ts';

const POLICY = `version: 1
rules:
  - {name: ask, effect: require_approval, when: {action: fs.write}}
`;

let here: Place;
let serving: Serving;
beforeAll(async () => {
  here = place();
  writeFileSync(join(here.dir, 'policy.yaml'), POLICY);
  serving = await serve(here, ['--policy', join(here.dir, 'policy.yaml')]);
});
afterAll(async () => {
  await serving.stop();
  here.clear();
});

const ask = (content: string) =>
  call(here, ['submit', 'fs.write', 'a.txt', '--params', JSON.stringify({ content }), '--json']);

test('one terminal asks, another approves, the first resumes', async () => {
  const asked = await ask('hello');
  expect(asked.code).toBe(1);
  const { id } = JSON.parse(asked.out).approval;
  const list = await call(here, ['approvals', 'list']);
  expect(list.out).toContain(id);
  expect(list.out).toContain('fs.write');
  const shown = await call(here, ['approvals', 'show', id]);
  expect(shown.out).toContain('"content": "hello"');
  expect(shown.out).toContain('anybody who may approve');
  const early = await call(here, ['resume', id]);
  expect([early.code, early.err]).toEqual([1, expect.stringContaining('approval_required')]);
  expect(await here.run(['approvals', 'approve', id, '--reason', 'fine'])).toMatchObject({
    code: 0,
    out: `${id}  approved\n`,
  });
  expect((await here.run(['resume', id])).code).toBe(0);
  const again = await call(here, ['resume', id]);
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('approval_used')]);
});

test.each([[[]], [['--json']]])(
  'a watch %j prints what is held, and ends when it is told',
  async (more) => {
    const watch = here.start(['approvals', 'watch', ...more]);
    let out = '';
    watch.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    const closed = new Promise((resolve) => watch.once('close', resolve));
    // It sees what is held once it watches: asked until it has seen one.
    let last = '';
    await expect
      .poll(async () => {
        last = JSON.parse((await ask('watched')).out).approval.id;
        await here.run(['approvals', 'deny', last]);
        return out.endsWith('\n');
      })
      .toBe(true);
    watch.kill('SIGINT');
    expect(await closed).toBe(0);
    const [first = ''] = out.split('\n');
    if (more.length === 0) expect(first).toMatch(/^20\d\d-.*Z {2}\w+ {2}act_\S+ {2}fs\.write$/);
    else expect(JSON.parse(first)).toMatchObject({ type: 'approval', action: 'fs.write' });
  },
);

test('several are denied together, or none is', async () => {
  const ids: string[] = [];
  for (const content of ['a', 'b']) ids.push(JSON.parse((await ask(content)).out).approval.id);
  expect((await call(here, ['approvals', 'deny', ...ids, 'nobody'])).code).not.toBe(0);
  const open = await call(here, ['approvals', 'list', '--json']);
  expect(JSON.parse(open.out).map((held: { id: string }) => held.id)).toEqual(ids);
  const denied = await call(here, ['approvals', 'deny', ...ids, '--reason', 'no', '--json']);
  expect(JSON.parse(denied.out).map((held: { status: string }) => held.status)).toEqual([
    'denied',
    'denied',
  ]);
  const told = await call(here, ['resume', ids[0] ?? '']);
  expect(told.err).toContain('approval_denied');
});

test('a longer approval is shown, narrowed, and no more than that', async () => {
  const { id } = JSON.parse((await ask('a long one')).out).approval;
  expect((await call(here, ['approvals', 'show', id])).out).toMatch(
    /for longer +fs.write .*a\.txt, whatever the parameters, 10 times/,
  );
  const narrow = ['--narrow', '{"uses": 1, "params": {"/content": {"prefix": "a l"}}}'];
  const once = await call(here, ['approvals', 'approve', id, ...narrow]);
  expect([once.code, once.err]).toEqual([2, expect.stringContaining('--narrow')]);
  const text = await call(here, ['approvals', 'approve', id, '--for', 'session', '--narrow', '[]']);
  expect([text.code, text.err]).toEqual([2, expect.stringContaining('--narrow is not a JSON obj')]);
  const odd = ['approvals', 'approve', id, '--for', 'session', '--narrow', '{"use": 1}'];
  expect((await call(here, odd)).err).toContain('Unrecognized key: "use"');
  expect((await call(here, ['approvals', 'approve', id, '--for', '1h', ...narrow])).code).toBe(0);
  expect((await call(here, ['approvals', 'show', id])).out).toMatch(
    /answered +approve \(until .*, only \{.*"uses":1/,
  );
  expect((await call(here, ['resume', id])).code).toBe(0);
  expect((await ask('b')).code).toBe(1);
});

test.skipIf(!canDrive)(
  'at a terminal, each in its turn: once, for longer and narrowed, no',
  async () => {
    for (const { id } of JSON.parse((await call(here, ['approvals', 'list', '--json'])).out))
      await call(here, ['approvals', 'deny', id]);
    const ids: string[] = [];
    for (const content of ['r1', 'r2', 'r3', 'r4'])
      ids.push(JSON.parse((await ask(content)).out).approval.id);
    const down = '\u001b[B';
    const { code, out } = onTerminal(
      here,
      ['approvals', 'review'],
      [
        ['◆  Approve fs.write ', `${down}\r`],
        ['◆  Approve fs.write ', `${down}${down}${down}\r`],
        ['For how long?', '\r'],
        ['Less?', '{"use": 1}\r'],
        ['◆  Approve fs.write ', `${down}${down}${down}${down}\r`],
        ['Why?', 'not today\r'],
        ['◆  Approve fs.write ', '\u0003'],
      ],
      { NO_COLOR: '1' },
    );
    expect(code, out).toBe(0);
    expect(out).toContain('Unrecognized key: "use"');
    const found = await call(here, ['approvals', 'list', '--status', 'all', '--json']);
    const statuses = new Map(
      JSON.parse(found.out).map((held: { id: string; status: string }) => [held.id, held.status]),
    );
    expect(ids.map((id) => statuses.get(id))).toEqual(['approved', 'open', 'denied', 'open']);
  },
);

test('what cannot be meant is said before anything is asked', async () => {
  expect((await call(here, ['approvals', 'approve', 'x', '--for', 'ever'])).code).toBe(2);
  const review = await call(here, ['approvals', 'review']);
  expect([review.code, review.err]).toEqual([2, expect.stringContaining('not a terminal')]);
});

test('an action cannot draw the screen that it is judged on: not in a list, not shown, not while people are asked', async () => {
  const hostile =
    '\u001b[2J\u001b[1;1H\u202eevorppa\u2066\u200b\u009b31m\r\nstatus  approved\u0007';
  const params = JSON.stringify({ content: hostile, [hostile]: 1 });
  const args = ['submit', 'fs.write', 'ok\u202etxt.exe', '--params', params, '--json'];
  const asked = await call(here, [...args, '--justification', hostile]);
  const id = JSON.parse(asked.out).approval?.id as string | undefined;
  // A name that reorders is no path, or it waits and is shown for what it is.
  const held = id ?? JSON.parse((await ask(hostile)).out).approval.id;
  for (const command of [
    ['approvals', 'list'],
    ['approvals', 'show', held],
    ['approvals', 'show', held, '--json'],
    ['explain', held],
    ['log'],
    ['approvals', 'deny', held, '--reason', hostile],
    ['approvals', 'show', held],
  ]) {
    const { code, out, err } = await call(here, command);
    expect([command, code]).toEqual([command, 0]);
    expect([command, (out + err).match(/(?!\n)[\p{Cc}\p{Cf}]/gu)]).toEqual([command, null]);
    expect(out.split('\n').filter((line) => /^status +approved/.test(line))).toEqual([]);
  }
});
