/** What one setting is, and the kinds of value that several take. */

import { parseDuration } from '@portcullis/kernel/time';
import * as z from 'zod';

export interface Setting<S extends z.ZodType = z.ZodType> {
  readonly schema: S;
  /** What a valid value is, to finish the sentence "expected …". */
  readonly expects: string;
  readonly about: string;
  /** A value to begin from, in a file where there is no default. */
  readonly example?: z.input<S>;
  /** Shown where nobody said otherwise; a computed default is described in `about`. */
  readonly fallback?: z.output<S>;
  /** The flag of `serve` (and of what starts a sidecar) that sets it. */
  readonly flag?: string;
  /** A relative value is a path from the file's directory, or from the working directory for flags and environment. */
  readonly path?: true;
  /** Weakens a protection: only the file may say it, where it is seen and reviewed. */
  readonly fileOnly?: true;
  /** The keys of a map that is its value, or of the maps of a list that is. */
  readonly members?: readonly string[];
  /** Never shown whole. */
  readonly secret?: true;
  /** Only the environment may carry it: a file is read by others, a command line by everybody. */
  readonly envOnly?: true;
  /** The variable, where it is not PORTCULLIS_ and the key in capitals. */
  readonly env?: string;
}

export const setting = <S extends z.ZodType>(
  schema: S,
  expects: string,
  about: string,
  more: Omit<Setting<S>, 'schema' | 'expects' | 'about'> = {},
): Setting<S> => Object.freeze({ schema, expects, about, ...more });

export const text = z.string().min(1).max(4096);
export const texts = z.array(text).max(1000);
export const flag = z.boolean();
export const span = z.string().refine((value) => parseDuration(value) !== undefined);
export const count = (max: number) => z.int().min(1).max(max);

/** As the kernel has them; named here so that a command can read its configuration without loading it. */
export const PRESET_NAMES = [
  'workspace-read',
  'safe-research',
  'rag-reader',
  'workspace-assistant',
  'automation-agent',
  'safe',
  'strict',
  'research',
  'anti-collusion',
] as const;

export const classRate = z.union([
  z.literal(false),
  z.strictObject({ max: count(1_000_000_000), per: span }),
]);
export const CLASS_RATE = 'a map of max and per ({max: 60, per: 1m}), or false';
export const RATE_MEMBERS = ['max', 'per'] as const;

/** As the sidecar has them; named here so that a command can read its configuration without loading it. */
export const WEBHOOK_EVENT_NAMES = [
  'approval.held',
  'approval.answered',
  'approval.withdrawn',
  'approval.expired',
  'session.quarantined',
  'invalidated',
  'restored',
  'freeze',
] as const;

export const webhook = z.strictObject({
  url: text,
  name: text.exactOptional(),
  events: z.array(z.enum(WEBHOOK_EVENT_NAMES)).min(1).exactOptional(),
  secret_file: text.exactOptional(),
  key_file: text.exactOptional(),
  key_id: text.exactOptional(),
  tenant: text.exactOptional(),
  details: flag.exactOptional(),
  private: flag.exactOptional(),
  ca_file: text.exactOptional(),
});

export const SPAN = 'a duration such as 30s, 10m or 1h30m';
export const TEXTS = 'a list of texts';
