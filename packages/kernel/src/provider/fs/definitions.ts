/** The actions of `fs`: names, parameter schemas, effects. The path is the resource and never a parameter. */
import type { Json } from '@portcullis/wire';
import { deepFreeze } from '../freeze.ts';
import type { ActionDefinition } from '../types.ts';

const RESTATES: readonly string[] = deepFreeze([
  'path',
  'file',
  'filename',
  'file_path',
  'filepath',
  'directory',
  'dir',
  'from',
  'source',
  'src',
  'target',
  'resource',
]);

const params = (properties: { [key: string]: Json }, required: string[] = []): Json => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const content: Json = { type: 'string', description: 'What to write.' };
const encoding: Json = {
  enum: ['utf8', 'base64'],
  description: 'How `content` is written here: as text (default), or bytes in base64.',
};
const parents: Json = {
  type: 'boolean',
  description: 'Make missing directories above. Default true.',
};
const overwrite = (otherwise: boolean): Json => ({
  type: 'boolean',
  description: `Replace a file that is there. Default ${otherwise}.`,
});

export const FS_ACTIONS: readonly ActionDefinition[] = deepFreeze([
  {
    name: 'fs.read',
    resource: 'fs',
    effect: 'read',
    restates: RESTATES,
    description: 'Read a regular file, or a part of it.',
    params: params({
      offset: { type: 'integer', minimum: 0, description: 'Bytes to skip. Default 0.' },
      length: {
        type: 'integer',
        minimum: 0,
        description: 'Bytes to read at most. Default: to the end.',
      },
      encoding: {
        enum: ['utf8', 'base64'],
        description:
          'Left out: text where the bytes are UTF-8, else base64. `utf8` refuses other bytes; `base64` always encodes.',
      },
    }),
  },
  {
    name: 'fs.list',
    resource: 'fs',
    effect: 'read',
    restates: RESTATES,
    description: 'Names and types of what is in a directory, sorted by name.',
    params: params({
      limit: {
        type: 'integer',
        minimum: 1,
        description: 'Entries at most. Default: what is configured.',
      },
    }),
  },
  {
    name: 'fs.stat',
    resource: 'fs',
    effect: 'read',
    restates: RESTATES,
    description: 'Type, size, mode and time of last change of a file or directory.',
    params: params({}),
  },
  {
    name: 'fs.write',
    resource: 'fs',
    effect: 'destructive',
    restates: RESTATES,
    description: 'Write a whole file: all of it appears at once, or nothing.',
    params: params({ content, encoding, parents, overwrite: overwrite(true) }, ['content']),
  },
  {
    name: 'fs.append',
    resource: 'fs',
    effect: 'write',
    restates: RESTATES,
    description: 'Append to a file, or begin one.',
    params: params({ content, encoding, parents }, ['content']),
  },
  {
    name: 'fs.delete',
    resource: 'fs',
    effect: 'destructive',
    restates: RESTATES,
    description: 'Delete a file, or an empty directory.',
    params: params({}),
  },
  {
    name: 'fs.move',
    resource: 'fs',
    effect: 'destructive',
    restates: RESTATES,
    paths: ['to'],
    description: 'Move a file or a directory within one file system.',
    params: params(
      {
        to: {
          type: 'string',
          minLength: 1,
          maxLength: 4096,
          description: 'The new path. A rule can condition on `/to`.',
        },
        parents,
        overwrite: overwrite(false),
      },
      ['to'],
    ),
  },
] satisfies ActionDefinition[]);
