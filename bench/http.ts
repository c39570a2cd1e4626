/** Decisions over HTTP beside a bare echo on the same library, client and servers in processes of their own, in turn; over TCP and over the unix socket. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main, type Size } from './figure.ts';
import { inFolder } from './folder.ts';
import { format, spread } from './measure.ts';
import { answerOf, start, stop } from './process.ts';

const CONNECTIONS = '32';
const REQUEST = { action: 'ok.refund', params: { amount: 5 }, execution: 'none' };

export function measure(size: Size) {
  const rounds = size === 'small' ? 3 : 7;
  const time = size === 'small' ? '600' : '3000';
  return inFolder(async (folder) => {
    const socket = join(folder, 'echo.sock');
    const dataDir = join(folder, 'data');
    const single = join(folder, 'single.json');
    const hundred = join(folder, 'hundred.json');
    writeFileSync(single, JSON.stringify(REQUEST));
    writeFileSync(hundred, JSON.stringify(Array(100).fill(REQUEST)));
    const echo = await start('echo-server.ts', socket);
    const sidecar = await start('sidecar-server.ts', dataDir);
    const key = readFileSync(join(dataDir, 'api-key'), 'utf8').trim();
    const load = (where: string, path: string, file: string) =>
      answerOf<number>('load.ts', [where, path, key, file, CONNECTIONS, time]);
    const tcp: number[] = [];
    const unix: number[] = [];
    const batch: number[] = [];
    const rates: number[] = [];
    try {
      for (let round = -1; round < rounds; round++) {
        const decided = await load(sidecar.said, '/v1/decide', single);
        const echoed = await load(echo.said, '/', single);
        const decidedUnix = await load(join(dataDir, 'portcullis.sock'), '/v1/decide', single);
        const echoedUnix = await load(socket, '/', single);
        const many = 100 * (await load(sidecar.said, '/v1/decide', hundred));
        // The first round warms up.
        if (round < 0) continue;
        rates.push(decided);
        tcp.push(decided / echoed);
        unix.push(decidedUnix / echoedUnix);
        batch.push(many / decided);
      }
    } finally {
      await Promise.all([stop(echo), stop(sidecar)]);
    }
    const note = `${format(spread(rates).median)} decisions a second over TCP, each recorded`;
    return [
      {
        name: 'HTTP decide, of a bare echo',
        wanted: ['>=', 0.6],
        unit: 'x',
        measured: spread(tcp),
        note,
      },
      {
        name: 'unix socket decide, of a bare echo',
        wanted: ['>=', 0.6],
        unit: 'x',
        measured: spread(unix),
      },
      {
        name: 'batch of 100, of the single rate',
        wanted: ['>=', 4],
        unit: 'x',
        measured: spread(batch),
      },
    ] as const;
  });
}

await main(import.meta, measure);
