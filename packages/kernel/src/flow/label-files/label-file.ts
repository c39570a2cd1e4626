/**
 * What an integrator writes for a tool set: where each result comes from, field by field, and what each argument is for. One schema
 * for YAML, JSON and objects; every mistake is named with its place.
 */
import { z } from 'zod';

/** What a sink can do to the world; one tool may be several. */
export const SINKS = [
  'egress',
  'money',
  'destructive',
  'credential',
  'invite',
  'fetch',
  'local_write',
] as const;
export type Sink = (typeof SINKS)[number];

/**
 * What an argument is for. destination: who or where it goes to. selector: which of the things there are. quantity: how much, when.
 * payload: what is sent or kept. credential: what proves or grants. code: a one-time code.
 */
export const ROLES = [
  'destination',
  'selector',
  'quantity',
  'payload',
  'credential',
  'code',
] as const;
export type Role = (typeof ROLES)[number];

/**
 * Who wrote a field. platform: the platform itself, about its own things. party: the platform vouches for who it names, but a stranger
 * chose to be there (the sender of a mail). trusted: as good as the user's own words. free: anybody may have written it.
 */
const AUTHORS = ['trusted', 'platform', 'party', 'free'] as const;
export type Author = (typeof AUTHORS)[number];

const name = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*(?:\.[a-z0-9][a-z0-9_-]*)*$/, 'a lower-case action name');
const word = z.string().min(1).max(64);
const words = z.array(word).max(64);

/** Where a value stands: a JSON Pointer into the params, or the action's resource. */
const place = z
  .string()
  .regex(/^(?:\/.+|resource)$/, 'a JSON Pointer such as /recipient, or `resource`');
const DOES = ['read', 'list', 'write', 'append', 'move', 'delete'] as const;

/** What it reads and changes of things that stay: labels of what is written there are those of what is read there. */
const object = z
  .strictObject({
    /** `list` shows names only. */
    does: z.union([z.enum(DOES), z.array(z.enum(DOES)).min(1)]),
    /** Where things are kept: tools that say the same mean the same things. Default: the set's name. */
    in: z
      .string()
      .regex(/^[a-z][a-z0-9_.-]{0,63}$/, 'a name in lower case')
      .optional(),
    /** What names a thing, from the outside in: `[/table, /id]`. Left out: there is only one. */
    key: z.union([place, z.array(place).min(1).max(8)]).optional(),
    /** Names are paths: `a/b` lies in `a`. */
    path: z.boolean().optional(),
    /** Of `move`: the new name. */
    to: place.optional(),
    /** What is kept. Left out: every argument. */
    content: z.union([place, z.array(place).min(1).max(64)]).optional(),
  })
  .refine(({ does, to }) => [does].flat().includes('move') === (to !== undefined), {
    path: ['to'],
    message: 'stands with `move`, and `move` with it',
  });

const result = z.strictObject({
  author: z.enum(AUTHORS).optional(),
  format: z.enum(['json', 'yaml', 'python', 'lines', 'text']).optional(),
  /** The names of members, where they are data: `{"Grand Hotel": …}`. */
  keys: z.enum(AUTHORS).optional(),
  /** Member name, at any depth, to its author. */
  fields: z.record(word, z.enum(AUTHORS)).optional(),
  /** The member that says who wrote a record: mails, messages. Records of one source then have many authors. */
  by: word.optional(),
  confidentiality: z.enum(['public', 'private', 'secret']).optional(),
  /** Members that are secrets, at any depth. */
  secret: words.optional(),
});

const tool = z.strictObject({
  description: z.string().max(1_000).optional(),
  sink: z.union([z.enum(SINKS), z.array(z.enum(SINKS)).min(1)]).optional(),
  /** Place to role; `*` is every element: `/recipients/*`. */
  args: z.record(place, z.enum(ROLES)).optional(),
  /** What the user would say who wants this done: verbs (`does`) and nouns (`about`); plain stems. */
  intent: z.strictObject({ does: words.min(1), about: words.optional() }).optional(),
  /** The argument that is an address on the web: pages of one origin vouch for each other. */
  url: place.optional(),
  /** The actions whose one-time code this one takes. */
  redeems: z.array(name).optional(),
  object: object.optional(),
  result: result.optional(),
});

export const labelFileSchema = z.strictObject({
  version: z.literal(1),
  set: z.string().min(1).max(128),
  description: z.string().max(1_000).optional(),
  /** Holds for every tool that says nothing else. */
  defaults: z.strictObject({ result: result.optional() }).optional(),
  tools: z.record(name, tool),
});

export type LabelFile = z.infer<typeof labelFileSchema>;
export type ToolLabel = z.infer<typeof tool>;
export type ResultLabel = z.infer<typeof result>;
export type ObjectLabel = z.infer<typeof object>;
