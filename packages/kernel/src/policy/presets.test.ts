import { describe, expect, it } from 'vitest';
import { checkPolicy } from './load.ts';
import { workspaceRead } from './presets.ts';
import { ask } from './testing/fixtures.ts';

const at = (startDir: string) => ({
  layer: 'server' as const,
  name: 'default',
  text: workspaceRead(startDir),
});
const read = async (resource: string, startDir = '/home/me/work', action = 'fs.read') =>
  (await ask(at(startDir), { action, resource, kind: 'fs' })).said;

describe('workspace-read', () => {
  it('loads without a warning, for any directory', async () => {
    for (const directory of [
      '/',
      '/home/me/work',
      '/a b/"quoted"/\\x',
      '/we[ird]/{dir}/*?',
      '/ünï/日本',
    ]) {
      expect(checkPolicy(workspaceRead(directory)).diagnostics).toEqual([]);
      expect(await read(directory === '/' ? '/x' : `${directory}/x`, directory)).toBe('permit');
    }
  });

  it('permits reading below the directory and GET, and nothing else', async () => {
    for (const action of ['fs.read', 'fs.list', 'fs.stat']) {
      expect(await read('/home/me/work', undefined, action)).toBe('permit');
      expect(await read('/home/me/work/src/.github/x.ts', undefined, action)).toBe('permit');
      expect(await read('/home/me/work2/x', undefined, action)).toBe('no_matching_rule');
      expect(await read('/home/me/work/../.profile', undefined, action)).toBe('no_matching_rule');
    }
    for (const action of [
      'fs.write',
      'fs.delete',
      'fs.move',
      'proc.exec',
      'http.post',
      'mcp.call',
      'issue_refund',
    ]) {
      expect(await read('/home/me/work/x', undefined, action)).toBe('no_matching_rule');
    }
    expect(
      (
        await ask(at('/w'), {
          action: 'http.get',
          resource: 'https://example.com/',
          kind: 'http',
          params: { query: 'a=b' },
        })
      ).said,
    ).toBe('permit');
    expect(
      (await ask(at('/w'), { action: 'fs.read', resource: '/etc/shadow' })).answer,
    ).toMatchObject({ code: 'no_matching_rule', remedy: expect.stringContaining('/w') });
  });

  it('denies what looks like a secret, in any case and at any depth, with a remedy', async () => {
    const secrets = [
      '.env',
      '.ENV',
      '.env.local',
      'a/.envrc',
      '.ssh/config',
      '.SSH',
      'id_rsa',
      'x/id_ed25519.pub',
      'tls/server.PEM',
      'server.key',
      '.aws/credentials',
      'credentials.json',
      'Secrets/a/b.txt',
      'secrets.yaml',
      '.netrc',
      '.npmrc',
      '.git-credentials',
      '.git/config',
      '.gnupg/pubring.kbx',
      '.kube/config',
      '.docker/config.json',
      '.pgpass',
      '.bash_history',
      '.config/gcloud/x',
      'prod.tfstate.backup',
      'my.kdbx',
    ];
    for (const secret of secrets)
      expect([secret, await read(`/home/me/work/deep/${secret}`)]).toEqual([
        secret,
        'denied_by_rule',
      ]);
    for (const plain of [
      'environment.ts',
      'keys.ts',
      'monkey',
      'docs/ssh.md',
      '.docker/README',
      'history.md',
      '.git/HEAD',
    ]) {
      expect([plain, await read(`/home/me/work/${plain}`)]).toEqual([plain, 'permit']);
    }
    expect((await ask(at('/w'), { action: 'fs.read', resource: '/w/.env' })).answer).toMatchObject({
      remedy: expect.stringContaining('secrets'),
    });
  });
});
