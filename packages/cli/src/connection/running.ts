/** Whether a sidecar of this data directory is running, without starting one. */
import type { Context } from '../context.ts';
import { readKey } from './keys.ts';

/** The newest record of a running sidecar, all records up to it written; undefined where none answers. */
export async function writtenUpTo(context: Context): Promise<number | undefined> {
  const { settings } = await context.configuration();
  const socketPath = settings['listen.socket'];
  const apiKey = readKey(settings, 'administrator');
  if (typeof socketPath !== 'string' || apiKey === undefined) return undefined;
  const { connect } = await import('@portcullis/client');
  try {
    const kernel = await connect({ socketPath, apiKey });
    try {
      const { seq } = (await kernel.status()).journal;
      await kernel.checkpoint();
      return seq;
    } finally {
      await kernel.close();
    }
  } catch (error) {
    if ((error as { code?: unknown }).code === 'unavailable') return undefined;
    throw error;
  }
}
