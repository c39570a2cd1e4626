import { expect, it } from 'vitest';
import { namedDisk } from './no-room.ts';

const failed = (message: string, more: object): Error => Object.assign(new Error(message), more);

it.each([
  ['no space left on device', { code: 'ENOSPC' }],
  ['disk quota exceeded', { code: 'EDQUOT' }],
  ['file too large', { code: 'EFBIG' }],
  ['database or disk is full', { code: 'ERR_SQLITE_ERROR', errcode: 13 }],
  ['disk I/O error', { code: 'ERR_SQLITE_ERROR', errcode: 10 | (19 << 8) }],
])('%s is told with the directory, and where it comes from', (message, more) => {
  const error = failed(message, more);
  const named = namedDisk(error, '/data') as Error;
  expect(named).toMatchObject({ code: 'ENOSPC', cause: error });
  expect(named.message).toMatch(/^\/data is on a disk .*room/);
  expect(named.message).toContain(message);
});

it.each([
  failed('no', { code: 'EACCES' }),
  failed('locked', { code: 'ERR_SQLITE_ERROR', errcode: 5 }),
  failed('damaged', { code: 'ERR_SQLITE_ERROR', errcode: 11 }),
  new Error('other'),
  'a text',
])('anything else stays as it is: %s', (error) => {
  expect(namedDisk(error, '/data')).toBe(error);
});
