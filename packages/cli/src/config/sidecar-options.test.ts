/** What the file says reaches the kernel under the kernel's names, and a mistake in a file that it names is shown as one. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WEBHOOK_EVENTS } from '@portcullis/sidecar';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Place, place } from '../testing/run.ts';
import { loadConfiguration } from './effective.ts';
import { WEBHOOK_EVENT_NAMES } from './setting.ts';
import { hostOptions, sidecarOptions } from './sidecar-options.ts';

let here: Place;
beforeEach(() => {
  here = place();
});
afterEach(() => here.clear());
const options = (text: string) => {
  const path = join(here.dir, 'portcullis.yaml');
  writeFileSync(path, text);
  return hostOptions(loadConfiguration({ configFile: path, env: {} }));
};

test('the limits of approvals, handles, tokens and capabilities', () => {
  const said = options(`approvals: {ttl: 10m, per_principal: 3, per_tenant: 30}
handles: {ttl: 5m, per_principal: 4, per_tenant: 40}
session_tokens: {total: 1000, low: 0.5}
capability_rates: {read: {max: 7, per: 1h}, destructive: false}
capabilities: {files: [a.yaml, /b.json]}
`);
  expect(said).toMatchObject({
    approvals: { ttl: 600_000, perPrincipal: 3, perTenant: 30 },
    handles: { ttl: 300_000, perPrincipal: 4, perTenant: 40 },
    sessionTokens: { total: 1000, low: 0.5 },
    capabilityRates: {
      read: { max: 7, window: 3_600_000 },
      write: { max: 10, window: 60_000 },
      destructive: false,
    },
    capabilityFiles: [join(here.dir, 'a.yaml'), '/b.json'],
  });
});

test('nothing said is the kernel’s own defaults', () => {
  const said = options('mode: enforce\n');
  expect(said).not.toHaveProperty('sessionTokens');
  expect(said).not.toHaveProperty('capabilityFiles');
  expect(said.approvals).toEqual({ ttl: 3_600_000, perPrincipal: 20, perTenant: 1_000 });
  expect(said.handles).toEqual({ ttl: 3_600_000, perPrincipal: 10_000, perTenant: 100_000 });
});

describe('webhooks', () => {
  const sidecar = (text: string) => {
    const path = join(here.dir, 'portcullis.yaml');
    writeFileSync(path, text);
    return sidecarOptions(loadConfiguration({ configFile: path, env: {} }));
  };
  const secret = join('sub', 'hook.secret');

  test('with the secret from its file, which no action reaches and which is not shown', async () => {
    mkdirSync(join(here.dir, 'sub'));
    writeFileSync(join(here.dir, secret), `${'s'.repeat(40)}\n`, { mode: 0o600 });
    const text = `webhooks:\n  - {url: "https://e.example/?t=CANARY", secret_file: ${secret}, events: [freeze], details: true}\n`;
    const said = sidecar(text);
    expect(said.webhooks).toEqual([
      {
        url: 'https://e.example/?t=CANARY',
        secret: 's'.repeat(40),
        events: ['freeze'],
        details: true,
      },
    ]);
    expect(said.outOfReach).toContain(join(here.dir, secret));
    const ran = await here.run(['config', '--json']);
    expect(ran.code).toBe(0);
    expect(ran.out).not.toMatch(/CANARY|sssss/);
    chmodSync(join(here.dir, secret), 0o644);
    expect(() => sidecar(text)).toThrow(/webhooks\.0\.secret_file: .* can be read by others/);
  });

  test('with mistakes named: a typo, an event that is none, a file that is not there', async () => {
    expect(() => sidecar('webhooks: [{ulr: x}]')).toThrow(/has mistakes/);
    writeFileSync(join(here.dir, 'portcullis.yaml'), 'webhooks: [{url: x, event: [freeze]}]');
    const ran = await here.run(['serve', '--port', '0']);
    expect(ran.err).toMatch(/1:21 {2}unknown key event: did you mean events\?/);
    expect(() => sidecar('webhooks: [{url: x, events: [no]}]')).toThrow(/has a mistake/);
    expect(() => sidecar('webhooks: [{url: x, key_file: nope.pem}]')).toThrow(/ENOENT/);
  });

  test('the events are those of the sidecar', () =>
    expect(WEBHOOK_EVENT_NAMES).toEqual(WEBHOOK_EVENTS));
});

test('a mistake in a file of capabilities is exit 2 with the place', async () => {
  writeFileSync(join(here.dir, 'c.yaml'), 'version: 1\ncapabilities:\n  - {id: a.b, nam: x}\n');
  writeFileSync(join(here.dir, 'portcullis.yaml'), 'capabilities: {files: [c.yaml]}\n');
  const ran = await here.run(['serve', '--port', '0']);
  expect(ran.code).toBe(2);
  expect(ran.err).toMatch(
    /c\.yaml:3:15 {2}\/capabilities\/0\/nam: unknown key "nam"; did you mean "name"\?/,
  );
  expect(ran.err).toMatch(/"description" is missing/);
  expect(ran.err).not.toMatch(/ at /);
});
