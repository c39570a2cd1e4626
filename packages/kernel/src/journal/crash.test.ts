import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { KEY, makeKit, range } from './testing/kit.ts';
import { verifyJournal } from './verifying/verify.ts';

const CHILD = fileURLToPath(new URL('./testing/crash-child.ts', import.meta.url));
/** `npm run soak` asks for more. */
const ROUNDS = Number(process.env.PORTCULLIS_CRASHES ?? 6);

/** Starts a child that appends, and kills it after a while; resolves when the system says that it is dead. */
async function runAndKill(root: string, durability: string, after: number): Promise<void> {
  const child = spawn(process.execPath, [CHILD, root, durability], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => {
    child.on('close', (_code, signal) => resolve(signal));
  });
  await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended]);
  await new Promise((resolve) => setTimeout(resolve, after));
  child.kill('SIGKILL');
  expect(await ended, errors).toBe('SIGKILL');
}

describe('kill -9 at any moment', () => {
  it.each(['os', 'fsync'] as const)(
    'loses nothing that was told durable, doubles nothing, and verifies, under %s',
    async (durability) => {
      const kit = makeKit();
      writeFileSync(
        join(kit.root, 'key.pem'),
        KEY.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      );
      for (let round = 0; round < ROUNDS; round++) {
        await runAndKill(kit.root, durability, Math.floor(Math.random() * 120));
        expect(await verifyJournal(kit.dir, { publicKey: KEY.publicKey })).toMatchObject({
          ok: true,
        });
      }
      const { journal, state, recovery } = await kit.open({ durability, now: Date.now });
      expect(recovery.problem ?? recovery.lost).toBeUndefined();
      const numbers = state.seen.filter((n) => /^\d+$/.test(n));
      expect(numbers).toEqual(range(1, numbers.length)); // in order, once each
      const told = readFileSync(join(kit.root, 'told'), 'utf8')
        .trim()
        .split('\n')
        .at(-1)
        ?.split(' ')[1];
      expect(Number(told)).toBeGreaterThan(0);
      expect(numbers.length).toBeGreaterThanOrEqual(Number(told));
      await journal.close();
      expect(await verifyJournal(kit.dir, { publicKey: KEY.publicKey })).toMatchObject({
        ok: true,
      });
      kit.remove();
    },
    60_000 + ROUNDS * 2_000,
  );
});
