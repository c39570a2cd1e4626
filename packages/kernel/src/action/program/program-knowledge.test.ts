import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { programName, runsOthers } from './program-knowledge.ts';

describe('runsOthers', () => {
  it.each([
    ['env', ['ls']],
    ['nm', ['--plugin', './x.so', 'f']],
    ['ranlib', ['--plug=./x.so', 'x.a']],
    ['ld.bfd', ['--plugin=./x.so', 'f']],
    ['ssh-keygen', ['-D', './x.so']],
    ['ssh-agent', ['./x']],
    ['gcc', ['@options']],
    ['c99', ['-wrapper', './x', 'f.c']],
    ['x86_64-linux-gnu-gcc', ['-wrapper', './x', 'f.c']],
    ['/usr/bin/aarch64-linux-gnu-gcc-12', ['-fplugin=./x.so', 'f.c']],
    ['diff3', ['--diff-program=./x', 'a', 'b', 'c']],
    ['sdiff', ['--diff-prog', './x', 'a', 'b']],
    ['install', ['-s', '--strip-program=./x', 'a', 'b']],
    ['sotruss', ['./x']],
    ['gpg', ['--photo-viewer', './x', '--list-keys']],
    ['groff', ['-U', 'x']],
    ['coreutils', ['--coreutils-prog=env', 'x']],
    ['busybox', ['--install']],
    ['/usr/bin/env', []],
    ['xargs', ['rm']],
    ['find', ['.', '-name', 'x', '-exec', 'rm', '{}', ';']],
    ['find', ['.', '-okdir', 'sh', ';']],
    ['git', ['-c', 'alias.x=!sh', 'x']],
    ['git', ['-calias.x=!sh', 'x']],
    ['git', ['-C', '/ws', '-c', 'core.pager=sh', 'log']],
    ['git', ['--config-env=core.pager=X', 'log']],
    ['git', ['--exec-path=/tmp', 'status']],
    ['git', ['x']],
    ['git', ['rebase', '-x', 'sh']],
    ['git', ['submodule', 'foreach', 'sh']],
    ['git', ['bisect', 'run', 'sh']],
    ['git', ['clone', 'ext::sh -c id', 'x']],
    ['git', ['clone', '-u', 'sh', 'x']],
    ['git', ['clone', '-c', 'core.fsmonitor=sh', 'x']],
    ['git', ['fetch', '--upload-pa=sh']],
    ['git', ['ls-remote', '--upload-pack=sh', 'x']],
    ['git', ['grep', '-Osh', 'x']],
    ['git', ['diff', '--ext-diff']],
    ['git', ['commit']],
    ['git', ['commit', '-e', '-m', 'x']],
    ['git', ['config', 'core.pager', 'sh']],
    ['git', ['init', '--template=/tmp/x']],
    ['git', ['difftool']],
    ['git', ['help', 'log']],
    ['python3.11', ['-c', 'import os']],
    ['python', ['x.py']],
    ['node', ['-e', '1']],
    ['perl5.36', ['-e', '1']],
    ['ssh', ['-o', 'ProxyCommand=sh', 'h']],
    ['scp', ['-S', 'sh', 'a', 'b']],
    ['tar', ['--to-command=sh', '-xf', 'x']],
    ['tar', ['--to-com', 'sh', '-xf', 'x']],
    ['tar', ['cf', 'x', '--checkpoint=1', '--checkpoint-action=exec=sh']],
    ['tar', ['-I', 'sh', '-xf', 'x']],
    ['tar', ['-xIsh']],
    ['rsync', ['-e', 'sh', 'a', 'b']],
    ['rsync', ['-ave', 'sh', 'a', 'b']],
    ['rsync', ['--rsync-path=sh', 'a', 'b']],
    ['vim', ['-c', '!sh']],
    ['vim.basic', []],
    ['less', ['x']],
    ['man', ['-P', 'sh', 'ls']],
    ['awk', ['BEGIN{system("id")}']],
    ['sed', ['1e id', 'x']],
    ['make', []],
    ['npm', ['test']],
    ['busybox', ['sh', '-c', 'id']],
    ['busybox', ['busybox', 'env', 'x']],
    ['docker', ['run', 'x']],
    ['sudo', ['ls']],
    ['timeout', ['1', 'ls']],
    ['nohup', ['ls']],
    ['rg', ['--pre=sh', 'x']],
    ['sort', ['--compress-program=sh']],
    ['split', ['--filter=sh', 'x']],
    ['zip', ['-TT', 'sh', 'x']],
    ['wget', ['--use-askpass=sh', 'x']],
    ['socat', ['-', 'EXEC:sh']],
    ['ld-linux-x86-64.so.2', ['/bin/ls']],
    ['gcc-12', ['-wrapper', 'sh,-c,id', 'x.c']],
    ['ip', ['netns', 'exec', 'x', 'sh']],
    ['BASH', ['-c', 'id']],
  ])('knows that %s %j does', (program, args) => {
    expect(runsOthers(program, args)).toMatchObject({
      kind: expect.any(String),
      detail: expect.any(String),
    });
  });

  it.each([
    ['ls', ['-la']],
    ['cat', ['--', '-exec']],
    ['echo', ['sh', '-c']],
    ['grep', ['-r', 'x', '.']],
    ['find', ['.', '-name', '*.ts']],
    ['git', ['status', '--short']],
    ['git', ['-C', '/ws', 'log', '--oneline', '-5']],
    ['git', ['--no-pager', 'diff', 'HEAD~1']],
    ['git', ['commit', '-m', 'message']],
    ['git', ['commit', '--message=x']],
    ['git', ['config', '--get', 'user.name']],
    ['git', ['--version']],
    ['git', []],
    ['tar', ['-xzf', 'x.tgz']],
    ['rsync', ['-av', 'a', 'b']],
    ['sed', ['--sandbox', 's/a/b/']],
    ['rg', ['x']],
    ['curl', ['https://x.test']],
    ['busybox', ['ls']],
    ['busybox', ['--list']],
    ['wc', ['-l']],
  ])('knows nothing of %s %j', (program, args) => {
    expect(runsOthers(program, args)).toBeUndefined();
  });

  it('strips versions and directories only from what it knows', () => {
    expect(programName('/usr/bin/python3.11')).toBe('python');
    expect(programName('vim.tiny')).toBe('vim');
    expect(programName('md5sum')).toBe('md5sum');
    expect(programName('sha256sum')).toBe('sha256sum');
    expect(programName('constructor')).toBe('constructor');
  });

  it('answers anything, fast', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (program, args) => {
        runsOthers(program, args);
        runsOthers('git', args);
        runsOthers('tar', args);
      }),
    );
    const start = process.threadCpuUsage();
    runsOthers(
      'git',
      Array.from({ length: 4_096 }, () => `-${'x'.repeat(131_000)}`),
    );
    runsOthers(
      'busybox',
      Array.from({ length: 4_096 }, () => 'busybox'),
    );
    expect(process.threadCpuUsage(start).user).toBeLessThan(2_000_000);
  });
});
