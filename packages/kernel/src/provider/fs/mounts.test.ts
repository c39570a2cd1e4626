import { statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { aliasesOf, isWithin, kernelDevices, parseMounts, readMounts } from './mounts.ts';

const TABLE = parseMounts(
  [
    '21 1 8:1 / / rw - ext4 /dev/sda1 rw',
    '22 21 0:5 / /proc rw shared:1 - proc proc rw',
    '23 21 8:1 /srv/real /mnt/bind\\040here rw - ext4 /dev/sda1 rw',
    '24 21 8:1 /srv/real/data/keys /mnt/keys rw - ext4 /dev/sda1 rw',
    '25 21 8:2 / /home rw - ext4 /dev/sda2 rw',
    'broken line',
  ].join('\n'),
);

it('finds the other names of a directory under bind mounts', () => {
  expect(aliasesOf('/srv/real/data', TABLE)).toEqual(['/mnt/bind here/data', '/mnt/keys']);
  expect(aliasesOf('/mnt/bind here/data', TABLE)).toEqual(['/srv/real/data', '/mnt/keys']);
  expect(aliasesOf('/home/u/data', TABLE)).toEqual([]);
});

it('knows the devices of kernel interfaces as stat gives them', () => {
  expect([...kernelDevices(TABLE)]).toEqual([5]);
  expect([...kernelDevices(parseMounts('1 1 0:300 / /p rw - proc p rw'))]).toEqual([0x10002c]);
  if (process.platform === 'linux') {
    expect(kernelDevices(readMounts()).has(statSync('/proc').dev)).toBe(true);
  }
});

it('compares paths by component', () => {
  expect(isWithin('/a/b', '/a')).toBe(true);
  expect(isWithin('/a', '/a')).toBe(true);
  expect(isWithin('/ab', '/a')).toBe(false);
  expect(isWithin('/a', '/')).toBe(true);
  expect(isWithin('/', '/a')).toBe(false);
});
