/**
 * What the built-in actions answer with, by which codes they fail, and how much they take: for docs/actions.md. The tests of the providers hold every
 * result and every failure that they see against it.
 */
import type { Json } from '@portcullis/wire';
import type { Code } from '../../errors.ts';
import { FS_ACTIONS } from '../fs/definitions.ts';
import { FS_DEFAULTS } from '../fs/index.ts';
import { HTTP_ACTIONS } from '../http/definitions.ts';
import { HTTP_DEFAULTS } from '../http/index.ts';
import { DEFAULT_BOUNDS } from '../proc/bounds.ts';
import { PROC_ACTIONS } from '../proc/definitions.ts';
import { PROC_DEFAULTS } from '../proc/index.ts';
import type { ActionDefinition } from '../types.ts';

export interface ActionReference {
  readonly definition: ActionDefinition;
  /** JSON Schema of the whole result; bytes are a text in it. */
  readonly result: Schema;
  readonly errors: readonly Code[];
  /** Where nothing else is configured. */
  readonly limits: readonly string[];
}

type Schema = { readonly [key: string]: Json };

const text = (description: string): Schema => ({ type: 'string', description });
const flag = (description: string): Schema => ({ type: 'boolean', description });
const count = (description: string): Schema => ({ type: 'integer', minimum: 0, description });

/** All members are always there, but for those named. */
const members = (
  properties: { readonly [key: string]: Json },
  optional: string[] = [],
): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
});

const size = (bytes: number): string =>
  bytes % 1024 ** 3 === 0
    ? `${bytes / 1024 ** 3} GiB`
    : bytes % 1024 ** 2 === 0
      ? `${bytes / 1024 ** 2} MiB`
      : `${bytes / 1024} KiB`;
const seconds = (milliseconds: number): string => `${milliseconds / 1000} s`;

/** Whatever the action: not said again for each. */
export const EVERYWHERE: readonly Code[] = [
  'cancelled',
  'timeout',
  'invalid_params',
  'invalid_resource',
];

const READS: readonly Code[] = [
  'not_found',
  'outside_permit',
  'provider_refused',
  'provider_error',
];
const CHANGES: readonly Code[] = [...READS, 'unsafe_platform'];
const created = flag('Nothing was there before.');
const kind = (...names: string[]): Schema => ({ enum: names, description: names.join(' or ') });

const FS: { readonly [name: string]: Omit<ActionReference, 'definition'> } = {
  'fs.read': {
    result: text('The bytes: as text where they are UTF-8, else, or where asked for, in base64.'),
    errors: [...READS, 'output_too_large'],
    limits: [
      `${size(FS_DEFAULTS.readBytes)} at once; \`offset\` and \`length\` read on, \`stream\` reads all`,
    ],
  },
  'fs.list': {
    result: members({
      entries: {
        type: 'array',
        description:
          'Sorted by name, each with its `name` and its `type`: file, directory, link or other.',
        items: members({ name: text(''), type: kind('file', 'directory', 'link', 'other') }),
      },
      truncated: flag('There are more.'),
    }),
    errors: READS,
    limits: [`${FS_DEFAULTS.entries} entries`],
  },
  'fs.stat': {
    result: members({
      type: kind('file', 'directory'),
      size: count('Bytes.'),
      mode: text('Rights, octal: `0644`.'),
      modified: text('RFC 3339.'),
      links: count('Names that it has.'),
    }),
    errors: READS,
    limits: [],
  },
  'fs.write': {
    result: members({ bytes: count('Written.'), created }),
    errors: CHANGES,
    limits: [`${size(FS_DEFAULTS.writeBytes)}, and the request 1 MiB`],
  },
  'fs.append': {
    result: members({ bytes: count('Appended.'), size: count('Of the file, now.'), created }),
    errors: CHANGES,
    limits: [`${size(FS_DEFAULTS.writeBytes)}, and the request 1 MiB`],
  },
  'fs.delete': {
    result: members({ deleted: kind('file', 'directory') }),
    errors: CHANGES,
    limits: [],
  },
  'fs.move': {
    result: members({
      moved: kind('file', 'directory'),
      replaced: flag('Something was there before.'),
    }),
    errors: CHANGES,
    limits: ['within one file system'],
  },
};

const bytesOf = (what: string): { readonly [name: string]: Json } => ({
  [what]: text(`Where it is UTF-8.`),
  [`${what}_base64`]: text(`Where it is not.`),
});

const PROC: Omit<ActionReference, 'definition'> = {
  result: members(
    {
      exit_code: { type: ['integer', 'null'], description: 'null where a signal ended it.' },
      signal: {
        type: ['string', 'null'],
        description: '`SIGKILL`, …; null where it ended itself.',
      },
      limit: {
        ...kind(...Object.keys(DEFAULT_BOUNDS)),
        description: `What it was ended for: ${Object.keys(DEFAULT_BOUNDS).join(', ')}.`,
      },
      ...bytesOf('stdout'),
      ...bytesOf('stderr'),
      truncated: {
        ...members({ stdout: flag(''), stderr: flag('') }),
        description: '`stdout`, `stderr`: whether the end is missing.',
      },
    },
    ['limit', 'stdout', 'stdout_base64', 'stderr', 'stderr_base64'],
  ),
  errors: [
    'not_found',
    'outside_permit',
    'provider_refused',
    'provider_error',
    'output_too_large',
    'sandbox_unavailable',
  ],
  limits: [
    `${seconds(PROC_DEFAULTS.timeout)}, or \`timeout_ms\` up to ${seconds(PROC_DEFAULTS.maxTimeout)}`,
    `${size(PROC_DEFAULTS.outputBytes)} kept of each output`,
    `${PROC_DEFAULTS.running} programs at once; more wait`,
    `in the sandbox: ${size(DEFAULT_BOUNDS.memory)} of memory, ${DEFAULT_BOUNDS.processes} processes, files of ${size(DEFAULT_BOUNDS.file)}, ${seconds(DEFAULT_BOUNDS.cpu)} of processor time`,
  ],
};

const HTTP: Omit<ActionReference, 'definition'> = {
  result: members(
    {
      status: count('Of any class: 404 is a result.'),
      url: text('What was asked, with the query.'),
      headers: {
        type: 'object',
        description: 'Of the response; lists where they came several times.',
      },
      ...bytesOf('body'),
      truncated: flag('The end of the body is missing.'),
      redirect: text('Where a redirect leads, absolute: the resource of the next action.'),
    },
    ['body', 'body_base64', 'redirect'],
  ),
  errors: ['provider_refused', 'provider_error'],
  limits: [
    `${seconds(HTTP_DEFAULTS.timeout)} for all of it, or \`timeout_ms\` up to ${seconds(HTTP_DEFAULTS.maxTimeout)}`,
    `${size(HTTP_DEFAULTS.bodyBytes)} of the body, unpacked; ${size(HTTP_DEFAULTS.bytesUnderWay)} of all bodies under way`,
    `${size(HTTP_DEFAULTS.headerBytes)} of response headers`,
  ],
};

export const ACTION_REFERENCE: readonly ActionReference[] = [
  ...FS_ACTIONS.map((definition) => ({
    definition,
    ...(FS[definition.name] as (typeof FS)[string]),
  })),
  ...PROC_ACTIONS.map((definition) => ({ definition, ...PROC })),
  ...HTTP_ACTIONS.map((definition) => ({ definition, ...HTTP })),
];
