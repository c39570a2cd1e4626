/** Many gates in one process: each with its own policy, none in reach of another, all gone when standard input ends. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connect } from '@portcullis/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../../portcullis.mjs', import.meta.url));

let folder: string;
let host: ChildProcessWithoutNullStreams;
let lines: AsyncIterator<string>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pcl-gates-'));
  host = spawn(process.execPath, [BIN, 'gates']);
  lines = createInterface({ input: host.stdout })[Symbol.asyncIterator]();
});

afterEach(async () => {
  const ended = new Promise((resolve) => host.once('close', resolve));
  host.stdin.end();
  if (host.exitCode === null) await ended;
  rmSync(folder, { recursive: true, force: true });
});

async function ask(message: unknown): Promise<Record<string, unknown>> {
  host.stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
  return JSON.parse((await lines.next()).value as string) as Record<string, unknown>;
}

const open = (id: number, name: string, mode = 'enforce') =>
  ask({ id, open: { data_dir: join(folder, name), mode } });

const admin = async (name: string, url: unknown) =>
  connect({
    url: String(url),
    apiKey: readFileSync(join(folder, name, 'admin-key'), 'utf8').trim(),
  });

describe('portcullis gates', () => {
  it('keeps gates apart and ends them one by one', async () => {
    const one = await open(1, 'one');
    const two = await open(2, 'two', 'observe');
    const first = await admin('one', one.ready);
    const second = await admin('two', two.ready);
    await first.replacePolicy('rules: [{name: a, effect: permit, when: {action: x.y}}]');
    expect((await first.status()).policy.rules).toBe(1);
    expect((await second.status()).policy.digest).not.toBe((await first.status()).policy.digest);
    expect((await second.status()).mode).toBe('observe');
    await first.close();
    const stranger = connect({
      url: String(two.ready),
      apiKey: readFileSync(join(folder, 'one', 'admin-key'), 'utf8').trim(),
    });
    await expect(stranger).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await ask({ id: 3, close: join(folder, 'one') })).toEqual({ id: 3, closed: true });
    await expect(admin('one', one.ready)).rejects.toMatchObject({ code: 'unavailable' });
    expect((await second.status()).frozen).toBe(false);
    await second.close();
    expect(await ask({ id: 4, close: join(folder, 'one') })).toEqual({ id: 4, closed: false });
  });

  it('says what went wrong and goes on', async () => {
    await open(1, 'one');
    expect(await open(2, 'one')).toMatchObject({ id: 2, failed: { code: 'already_running' } });
    host.stdin.write('nonsense\n{"id": "x"}\n{"id": 1}\n');
    expect(await open(3, 'three')).toMatchObject({
      id: 3,
      ready: expect.stringContaining('three'),
    });
  });

  it('ends with its standard input, and its sockets with it', async () => {
    await open(1, 'one');
    const ended = new Promise<number | null>((resolve) => host.once('close', resolve));
    host.stdin.end();
    expect(await ended).toBe(0);
    expect(existsSync(join(folder, 'one', 'portcullis.sock'))).toBe(false);
  });
});
