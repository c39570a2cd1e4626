/** Run by rotation.test.ts under a small limit of open files: appends through rotations while none, or hardly any, can be opened. */
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { signingKeyFromPem } from '../../crypto/ed25519.ts';
import { openJournal } from '../opening/open.ts';
import { add, SeenState } from './kit.ts';

const [root, left] = process.argv.slice(2) as [string, string];
const key = signingKeyFromPem(readFileSync(join(root, 'key.pem'), 'utf8'));
const state = new SeenState();
const messages: string[] = [];
const { journal } = await openJournal({
  dir: join(root, 'journal'),
  indexPath: join(root, 'index.sqlite'),
  lockPath: join(root, 'lock.sqlite'),
  node: 'node-1',
  durability: 'os',
  signer: { key, name: 'portcullis' },
  now: Date.now,
  segmentBytes: 4_000,
  retention: { bytes: 10_000 },
  onMessage: (_level, message) => messages.push(message),
  state,
});

let next = 1;
const some = async (): Promise<void> => {
  for (let i = 0; i < 60; i++) {
    await add(journal, state, next++);
    await turn();
  }
};
await some();
const taken: number[] = [];
try {
  for (;;) taken.push(openSync('/dev/null', 'r'));
} catch {
  // as many as there are
}
for (let i = 0; i < Number(left); i++) closeSync(taken.pop() as number);
await some();
for (const fd of taken) closeSync(fd);
if (Number(left) === 0) await some();
await journal.checkpoint();
writeFileSync(join(root, 'told'), JSON.stringify({ last: next - 1, faults: messages }));
process.kill(process.pid, 'SIGKILL');
