/**
 * `portcullis gates`: the process behind the own-policy gates of a program in another language. Each gate is a sidecar of its own
 * (data directory, keys, socket, policy, journal); they share nothing but the process, and end with its standard input.
 *
 * One JSON object a line in, `{id, open: {data_dir, mode, drift?}}` or `{id, close: data_dir}`; one line back for each,
 * `{id, ready}`, `{id, closed}` or `{id, failed: {code, message}}`, in any order.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createSidecar, type Listening } from '@portcullis/sidecar';
import { z } from 'zod';
import { driftOptions } from '../../config/drift.ts';
import type { Run } from '../../context.ts';
import { EXIT, Fault } from '../../exit.ts';

/** As in portcullis.yaml, but times are seconds. */
const drift = z.strictObject({
  enabled: z.boolean().optional(),
  ip: z.boolean().optional(),
  geo_km: z.number().optional(),
  device: z.boolean().optional(),
  age_max: z.union([z.number(), z.literal(false)]).optional(),
  rate_warn: z.number().optional(),
  rate_max: z.union([z.number(), z.literal(false)]).optional(),
  require: z.array(z.enum(['ip', 'location', 'device'])).optional(),
  standing: z.boolean().optional(),
});

const request = z.union([
  z.strictObject({
    id: z.int(),
    open: z.strictObject({
      data_dir: z.string().min(1),
      mode: z.enum(['enforce', 'observe']),
      drift: drift.optional(),
    }),
  }),
  z.strictObject({ id: z.int(), close: z.string().min(1) }),
]);

type Request = z.infer<typeof request>;

export const run: Run = async ({ terminal }) => {
  const open = new Map<string, Promise<Listening>>();
  const underWay = new Set<Promise<void>>();
  for await (const line of createInterface({ input: process.stdin })) {
    const asked = parse(line);
    if (asked === undefined) {
      terminal.note('a line that is no request');
      continue;
    }
    const done = act(open, asked).then((answer) => terminal.jsonLine({ id: asked.id, ...answer }));
    underWay.add(done);
    done.finally(() => underWay.delete(done));
  }
  await Promise.allSettled(underWay);
  await Promise.allSettled([...open.values()].map(async (gate) => (await gate).close()));
  return EXIT.fine;
};

function parse(line: string): Request | undefined {
  try {
    return request.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

async function act(open: Map<string, Promise<Listening>>, asked: Request): Promise<object> {
  try {
    return 'open' in asked ? await start(open, asked.open) : await stop(open, asked.close);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    return {
      failed: {
        code: typeof code === 'string' ? code : 'kernel_fault',
        message: String(message ?? error),
      },
    };
  }
}

async function start(
  open: Map<string, Promise<Listening>>,
  { data_dir, mode, drift: said = {} }: Extract<Request, { open: unknown }>['open'],
): Promise<object> {
  if (open.has(data_dir)) throw new Fault('already_running', `${data_dir} is open`);
  const { age_max: age } = said;
  const measured = driftOptions({ ...said, age_max: typeof age === 'number' ? age * 1_000 : age });
  const gate = createSidecar({
    dataDir: data_dir,
    mode,
    policy: { managed: join(data_dir, 'policy.yaml') },
    hostname: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
    ...(measured === undefined ? {} : { drift: measured }),
  }).listen();
  open.set(data_dir, gate);
  try {
    const { socketPath, url } = await gate;
    return { ready: socketPath === undefined ? url : `unix:${socketPath}` };
  } catch (error) {
    open.delete(data_dir);
    throw error;
  }
}

async function stop(open: Map<string, Promise<Listening>>, dataDir: string): Promise<object> {
  const gate = open.get(dataDir);
  open.delete(dataDir);
  await (await gate)?.close();
  return { closed: gate !== undefined };
}
