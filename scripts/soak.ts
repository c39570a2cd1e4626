/**
 * `npm run soak`: what `npm test` runs small, at the sizes that are stated: all figures of `bench/`, a kernel killed in the middle of 1,000 submits, a
 * story of real processes killed in 60 places, 10,000 connections opened and left, every conformance case over TCP and the unix socket, the installed packages under
 * each way of resolving, 20,000 random policies beside the naive oracle, and how much of the code the tests run. Prints a dated report and keeps it under `reports/`. Exits 1 where a promise was broken; a figure that was missed is named.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { inFolder } from '../bench/folder.ts';
import { runAll } from '../bench/run.ts';
import { crashAgainAndAgain } from '../packages/kernel/src/testing/crash.ts';
import { createSidecar } from '../packages/sidecar/src/index.ts';

const SUBMITS = 1_000;
const CONNECTIONS = 10_000;
const STORIES = 60;

const root = join(import.meta.dirname, '..');
const began = new Date();
const file = join(
  root,
  'reports',
  `soak-${began.toISOString().replaceAll(':', '-').slice(0, 19)}.txt`,
);
mkdirSync(join(root, 'reports'), { recursive: true });

function say(text: string): void {
  console.log(text);
  appendFileSync(file, `${text}\n`);
}

/** Kills until so many submits were answered; each kill comes at a random point, with calls under way. */
async function crashes(): Promise<boolean> {
  let answered = 0;
  let kills = 0;
  let unknown = 0;
  let whole = true;
  while (answered < SUBMITS) {
    const report = await crashAgainAndAgain(20, (below) => Math.floor(Math.random() * below));
    answered += report.answered;
    kills += report.kills;
    unknown += report.unknown;
    for (const promise of report.broken) say(`BROKEN ${promise}`);
    if (report.broken.length > 0) whole = false;
  }
  say(
    `${kills} kills over ${answered} answered submits: ${unknown} outcomes unknown, ${whole ? 'nothing lost, nothing double' : 'see above'}`,
  );
  return whole;
}

/** The story of examples/invoices, cut short again and again. */
function stories(): boolean {
  const script = join(root, 'examples/invoices/killed.py');
  const { status, stdout, stderr } = spawnSync('python3', [script, String(STORIES)], {
    encoding: 'utf8',
  });
  say(`${stdout}${stderr}`.trim());
  return status === 0;
}

/** What `npm test` runs a part of. */
function everyTest(what: string, file: string): boolean {
  const vitest = join(root, 'node_modules/.bin/vitest');
  const { status, stdout } = spawnSync(vitest, ['run', file], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PORTCULLIS_SIZE: 'stated', NO_COLOR: '1', FORCE_COLOR: '0' },
    maxBuffer: 64 * 1024 * 1024,
  });
  const counted = /^ *Tests +(.*)$/m.exec(stdout)?.[1] ?? 'did not run';
  say(`${what}: ${counted}`);
  return status === 0;
}

/** Counting what runs makes all of it slower by a fifth, so `npm test` does not. */
function coverage(): boolean {
  const { status, stdout } = spawnSync('npm', ['run', '-s', 'coverage'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    maxBuffer: 64 * 1024 * 1024,
  });
  say(`lines that the tests run: ${/^Lines *: (.*?) *$/m.exec(stdout)?.[1] ?? 'not counted'}`);
  return status === 0;
}

/** Opens connections, sends half a request on each and leaves them; the sidecar still answers who asks properly. */
const connections = (): Promise<boolean> =>
  inFolder(async (folder) => {
    const listening = await createSidecar({
      port: 0,
      dataDir: join(folder, 'data'),
      startDir: folder,
      builtins: [],
    }).listen();
    const port = Number(new URL(listening.url).port);
    const left: Socket[] = [];
    let slowest = 0;
    let most = 0;
    try {
      for (let opened = 0; opened < CONNECTIONS; opened += 100) {
        await Promise.all(Array.from({ length: 100 }, () => leave(port, left)));
        most = Math.max(most, listening.connections());
        const asked = performance.now();
        const { ok } = await fetch(`${listening.url}/healthz`);
        if (!ok) throw new Error('the sidecar does not answer');
        slowest = Math.max(slowest, performance.now() - asked);
      }
      say(
        `${CONNECTIONS} connections opened and left: at most ${most} held, the slowest answer beside them took ${slowest.toFixed(0)} ms`,
      );
      return true;
    } catch (error) {
      say(`BROKEN by connections that were left: ${String(error)}`);
      return false;
    } finally {
      for (const socket of left) socket.destroy();
      await listening.close();
    }
  });

const leave = (port: number, left: Socket[]): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('POST /v1/decide HTTP/1.1\r\nhost: localhost\r\n');
      resolve();
    });
    socket.on('error', () => resolve());
    left.push(socket);
  });

const commit = execFileSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], {
  encoding: 'utf8',
}).trim();
say(`soak of ${commit}, ${began.toISOString()}`);
say(
  `node ${process.version}, ${process.platform} ${release()}, ${cpus().length} x ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, load ${loadavg()[0]?.toFixed(1)}\n`,
);
const held = [
  await crashes(),
  stories(),
  await connections(),
  everyTest('conformance over TCP', 'conformance/src/tcp.test.ts'),
  everyTest('conformance over the unix socket', 'conformance/src/unix.test.ts'),
  everyTest('the packages, installed', 'scripts/pack.test.ts'),
  everyTest('policies beside the naive oracle', 'packages/kernel/src/policy/oracle.test.ts'),
  coverage(),
];
say('');
await runAll('stated', say);
say(
  `\n${Math.round((Date.now() - began.getTime()) / 60_000)} minutes; kept as ${file.slice(root.length + 1)}`,
);
process.exitCode = held.every(Boolean) ? 0 : 1;
