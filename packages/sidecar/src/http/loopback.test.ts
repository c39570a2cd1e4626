import { expect, test } from 'vitest';
import { bindAddress, isLoopback } from './loopback.ts';

test('only addresses that stay on this machine are loopback', () => {
  for (const host of ['127.0.0.1', '127.8.9.1', '::1', '[::1]', 'localhost', 'LOCALHOST']) {
    expect(isLoopback(bindAddress(host)), host).toBe(true);
  }
  for (const host of [
    '',
    '0.0.0.0',
    '::',
    '[::]',
    '10.0.0.1',
    'example.com',
    '128.0.0.1',
    '::ffff:10.0.0.1',
    '2130706433',
    '127.1',
    'localhost.example',
  ]) {
    expect(isLoopback(bindAddress(host)), host).toBe(false);
  }
});
