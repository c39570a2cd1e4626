/** One event on its way out: its body as the journal and the approver's view have it, and one attempt to hand it over. */
import { sendOutbound } from '@portcullis/kernel';
import type { Approval, Json, JsonObject, Kernel } from '@portcullis/wire';
import { unlessAbsent } from '../absent.ts';
import { eventsOf, type RecordedEvent } from './events.ts';
import type { Waiting } from './memory.ts';
import type { Endpoint } from './options.ts';
import { signedHeaders } from './sign.ts';

export interface Delivery {
  /** The same at each attempt and after each restart: receivers drop what they had. */
  readonly id: string;
  readonly body: Uint8Array;
  /** When it happened, in milliseconds since the epoch. */
  readonly at: number;
}

/** Undefined where the journal has no such event any more. */
export async function deliveryOf(
  { details, events }: Pick<Endpoint, 'details' | 'events'>,
  kernel: Kernel,
  { record: seq, part }: Waiting,
): Promise<Delivery | undefined> {
  const record = await unlessAbsent(kernel.record(seq));
  const event = record === undefined ? undefined : eventsOf(record)[part];
  if (record === undefined || event === undefined || !events.has(event.type)) return undefined;
  const id = `${seq}.${part}.${record.hash.slice(0, 32)}`;
  const told = details ? { ...event.data, ...(await detailsOf(kernel, event)) } : event.data;
  const body = {
    id,
    type: event.type,
    at: record.ts,
    tenant: record.tenant,
    record: { seq, hash: record.hash },
    data: told,
  };
  return { id, body: Buffer.from(JSON.stringify(body)), at: Date.parse(record.ts) };
}

/** As an approver is shown it: fit for a screen, secrets masked. Nothing where it is forgotten. */
async function detailsOf(kernel: Kernel, event: RecordedEvent): Promise<JsonObject> {
  if (event.type !== 'approval.held') return {};
  let shown: Approval;
  try {
    shown = await kernel.approval(event.data.id as string);
  } catch {
    return {};
  }
  const { resource, params } = shown.action;
  const { justification } = shown;
  return {
    resource,
    params,
    labels: shown.labels as unknown as Json,
    ...(shown.chains === undefined ? {} : { chains: shown.chains as unknown as Json }),
    ...(justification === undefined ? {} : { justification }),
  };
}

/** `delivered`; `refused` where somebody answered otherwise; `unreached` where nobody did. */
export type Attempt = 'delivered' | 'refused' | 'unreached';

export async function attempt(
  endpoint: Endpoint,
  { id, body }: Delivery,
  now: number,
  signal: AbortSignal,
): Promise<Attempt> {
  const { url, key, ca, times } = endpoint;
  const signed = signedHeaders({ url, id, body }, key, now);
  try {
    const status = await sendOutbound({
      url,
      method: 'POST',
      headers: { ...signed, 'user-agent': 'portcullis' },
      body,
      timeout: times.timeout,
      allowPrivate: endpoint.private,
      ca,
      signal,
    });
    return status >= 200 && status < 300 ? 'delivered' : 'refused';
  } catch {
    return 'unreached';
  }
}
