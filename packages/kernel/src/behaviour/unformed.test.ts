/** Who tries what admission refuses is seen to try it: the refusal is one of the session's, counted, in its trace, over a restart too. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '@portcullis/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KernelHost } from '../host.ts';
import { openHost } from '../kernel.ts';
import { ownerCaller } from '../owner.ts';

const POLICY = `version: 1
rules:
  - {name: all, effect: permit}
behaviour:
  - {name: probing, sequence: denied within 1h, steps: {denied: {decided: denied, times: 4}}, effect: quarantine, level: read_only}
  - {name: of-a-secret, sequence: look, steps: {look: {action: fs.read, resource: "**", decided: denied}}, effect: quarantine, level: frozen}
  - {name: sending, sequence: send, steps: {send: {action: http.*, decided: denied}}, effect: quarantine, level: isolated}
`;
const UNFORMED: readonly { action: string; resource?: string; params?: Record<string, Json> }[] = [
  { action: 'fs.read', resource: '' },
  { action: 'fs.read', resource: 'a\u0000b' },
  { action: 'fs.read', resource: 'a', params: { path: '/etc/shadow' } },
  { action: 'fs.read', resource: 'a', params: { mode: 'x' } },
  { action: 'fs.read' },
];

let folder: string;
let host: KernelHost;
const open = async () => {
  host = await openHost({ dataDir: folder, policy: POLICY });
};
const owner = () => host.as(ownerCaller(undefined));
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-unformed-'));
  await open();
});
afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('what admission refuses', () => {
  it('counts as refused, and ends the session by a rule over refusals, a restart between', async () => {
    const { id: session } = await owner().openSession();
    for (const [index, one] of UNFORMED.slice(0, 4).entries()) {
      if (index === 2) {
        await host.close();
        await open();
      }
      expect((await owner().session(session)).quarantine, String(index)).toBe('none');
      const { decision, session: said } = await owner().submit({ ...one, session });
      expect(decision.effect).toBe('deny');
      expect(said).toBe(session);
    }
    expect(await owner().session(session)).toMatchObject({ denied: 4, quarantine: 'read_only' });
    await host.close();
    await open();
    expect(await owner().session(session)).toMatchObject({ denied: 4, quarantine: 'read_only' });
  });

  it('is a step by its name alone: nobody knows what it was about', async () => {
    const { id: session } = await owner().openSession();
    await owner().submit({ action: 'fs.read', resource: '', session });
    expect((await owner().session(session)).quarantine).toBe('none');
    await owner().submit({ action: 'http.post', resource: 'https://a@b/', session });
    expect((await owner().session(session)).quarantine).toBe('isolated');
  });

  it("is nobody's where the session is not known, or another's", async () => {
    const { id: session } = await owner().openSession();
    await owner().submit({
      action: 'fs.read',
      resource: '',
      session: 'ses_AAAAAAAAAAAAAAAAAAAAAA',
    });
    await owner().submit({ action: 'fs.read', resource: 5 as never, session });
    expect(await owner().session(session)).toMatchObject({ denied: 0, actions: 0 });
  });
});
