/** What narrows a grant, or a longer approval. */
import { z } from 'zod';
import { json } from './json.ts';

const paramCaveat = z.strictObject({
  eq: json.exactOptional(),
  in: z.array(json).exactOptional(),
  min: z.number().exactOptional(),
  max: z.number().exactOptional(),
  prefix: z.string().exactOptional(),
});

export const caveats = z.strictObject({
  keys: z.array(z.string()).exactOptional(),
  params: z.record(z.string(), paramCaveat).exactOptional(),
  resources: z.array(z.string()).exactOptional(),
  uses: z.number().exactOptional(),
  expires: z.number().exactOptional(),
  session: z.string().exactOptional(),
  proof_key: z.string().exactOptional(),
});
