import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { AllowedHosts } from './origin.ts';

const request = (headers: Record<string, string>, url = '/v1/status', extra: string[] = []) =>
  ({
    httpVersionMajor: 1,
    url,
    headers,
    rawHeaders: [...Object.entries(headers).flat(), ...extra],
  }) as unknown as IncomingMessage;

const verdict = (names: AllowedHosts, incoming: IncomingMessage): string => {
  try {
    names.check(incoming);
    return 'ours';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

const names = new AllowedHosts(['127.0.0.1', 'gate.example', '::1'], ['https://console.example']);

test.each([
  '127.0.0.1:8787',
  'localhost:8787',
  'localhost',
  'LocalHost:1',
  '[::1]:8787',
  '[::1]',
  'gate.example',
  'GATE.example:443',
])('%s is a name of ours', (host) => {
  expect(verdict(names, request({ host }))).toBe('ours');
});

test.each([
  '',
  'evil.example',
  'evil.example:8787',
  'localhost.evil.example',
  'evil.localhost',
  '127.0.0.1.nip.io',
  '127.0.0.2',
  '0.0.0.0',
  '2130706433',
  '0x7f.1',
  'localhost:8787:1',
  'localhost:x',
  'localhost:999999',
  'localhost@evil',
  'localhost ',
  'localhost/',
  '[::1',
  '[::ffff:127.0.0.1]',
  '::1',
  'ｌocalhost',
  'localhost.',
  'localhost,evil.example',
])('%j is not', (host) => {
  expect(verdict(names, request({ host }))).toBe('misdirected');
});

test('no Host, two Hosts, or a target that is no path', () => {
  expect(verdict(names, request({}))).toBe('misdirected');
  expect(verdict(names, request({ host: 'localhost' }, '/', ['HOST', 'evil.example']))).toBe(
    'misdirected',
  );
  expect(
    verdict(names, request({ host: 'localhost', authorization: 'a' }, '/', ['Authorization', 'b'])),
  ).toBe('misdirected');
  for (const url of ['http://localhost/v1/status', '*', 'localhost:80', '']) {
    expect(verdict(names, request({ host: 'localhost' }, url)), url).toBe('misdirected');
  }
});

test('only named origins may call; `null` is none', () => {
  const from = (origin: string) => verdict(names, request({ host: 'localhost', origin }));
  expect(from('https://console.example')).toBe('ours');
  for (const origin of [
    'null',
    '',
    'http://console.example',
    'https://console.example:444',
    'https://evil.example',
    'http://localhost:8787',
  ]) {
    expect(from(origin), origin).toBe('misdirected');
  }
});
