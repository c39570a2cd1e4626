/** Run by crash.test.ts and killed at a random moment: appends for ever, and says what it was told is durable. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { signingKeyFromPem } from '../../crypto/ed25519.ts';
import { openJournal } from '../opening/open.ts';
import { add, SeenState } from './kit.ts';

const [root, durability] = process.argv.slice(2) as [string, 'os' | 'fsync'];
const key = signingKeyFromPem(readFileSync(join(root, 'key.pem'), 'utf8'));
const state = new SeenState();
const { journal, recovery } = await openJournal({
  dir: join(root, 'journal'),
  indexPath: join(root, 'index.sqlite'),
  lockPath: join(root, 'lock.sqlite'),
  node: 'node-1',
  durability,
  signer: { key, name: 'portcullis' },
  now: Date.now,
  segmentBytes: 100_000,
  onMessage: () => {},
  state,
});
if (recovery.problem !== undefined) throw new Error(recovery.problem.message);
process.stdout.write('ready\n');

let next = Math.max(0, ...state.seen.map(Number).filter(Number.isFinite)) + 1;
for (;;) {
  const from = next;
  const group: Promise<void>[] = [];
  for (let i = 0; i < 1 + (next % 40); i++) group.push(add(journal, state, next++));
  await Promise.all(group);
  appendFileSync(join(root, 'told'), `${from} ${next - 1}\n`);
  if (next % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
}
