/**
 * Says whether a call runs another program, and how: a pure function over the tables of `programs.ts`, for policy to
 * condition on and for the provider to refuse by. It errs towards yes: options are matched in bundles and abbreviated.
 */
import {
  ALWAYS,
  BY_OPTION,
  GIT_OPTIONS,
  GIT_PLAIN,
  MULTI_CALL,
  type OptionRule,
  type RunnerKind,
} from './programs.ts';

export interface Runner {
  readonly kind: RunnerKind;
  /** The program's name without version, and the option or command that does it. */
  readonly program: string;
  readonly detail: string;
}

const KIND_OF: ReadonlyMap<string, RunnerKind> = new Map(
  Object.entries(ALWAYS).flatMap(([kind, names]) =>
    names.map((name) => [name, kind as RunnerKind]),
  ),
);

/** What a tool is for stands before its name: `x86_64-linux-gnu-gcc`. */
const TARGET =
  /^(?:x86_64|i[3-6]86|aarch64|arm[a-z0-9]*|riscv\d*|powerpc\w*|s390x?|mips\w*|sparc\w*|wasm\d*)-(?:[a-z0-9_]+-){1,3}(?=[a-z])/;

/** `/usr/bin/python3.11` is `python`, `vim.basic` is `vim`, `gcc-12` is `gcc`. */
export function programName(program: string): string {
  const base = program.slice(program.lastIndexOf('/') + 1).toLowerCase();
  if (isKnown(base)) return base;
  const native = base.replace(TARGET, '');
  if (native !== base) return programName(native);
  const plain = base.replace(
    /\.(?:exe|basic|tiny|nox|gtk3?|athena|bsd|gnu|traditional|openbsd|so\.\d+)$/,
    '',
  );
  if (isKnown(plain)) return plain;
  const unversioned = plain.replace(/[-.]?\d+(?:\.\d+)*[a-z]?$/, '');
  return isKnown(unversioned) ? unversioned : base;
}

const isKnown = (name: string): boolean =>
  KIND_OF.has(name) ||
  Object.hasOwn(BY_OPTION, name) ||
  MULTI_CALL.has(name) ||
  name === 'git' ||
  name === 'sed';

/** One file of many names: it acts by the name that it is called. */
export const isMultiCall = (program: string): boolean => MULTI_CALL.has(programName(program));

/** What programs of many names say about themselves. */
const TELLS: ReadonlySet<string> = new Set(['--list', '--list-full', '--help', '--version']);

/** undefined: nothing is known of it. Linear in the arguments. */
export function runsOthers(program: string, args: readonly string[]): Runner | undefined {
  let name = programName(program);
  let rest = args;
  while (MULTI_CALL.has(name)) {
    const [applet, ...others] = rest;
    if (applet === undefined) return undefined;
    // An option of its own may name the applet, or a file to take options from.
    if (TELLS.has(applet)) return undefined;
    if (applet.startsWith('-')) {
      const detail = applet.slice(0, 64);
      return { kind: 'option', program: name, detail };
    }
    name = programName(applet);
    rest = others;
  }
  const kind = KIND_OF.get(name);
  if (kind !== undefined) return { kind, program: name, detail: name };
  const detail = byOption(name, rest);
  return detail === undefined ? undefined : { kind: 'option', program: name, detail };
}

function byOption(name: string, args: readonly string[]): string | undefined {
  if (name === 'git') return git(args);
  // The commands e and w of GNU sed run programs and write files; --sandbox rejects them.
  if (name === 'sed') return args.includes('--sandbox') ? undefined : 'a script without --sandbox';
  const rule = Object.hasOwn(BY_OPTION, name) ? BY_OPTION[name] : undefined;
  return rule === undefined ? undefined : firstMatch(rule, args);
}

/** Stops at nothing: an argument that looks like the option counts wherever it stands, after `--` too. */
function firstMatch(rule: OptionRule, args: readonly string[]): string | undefined {
  return args.find((arg) => matches(rule, arg))?.slice(0, 64);
}

function matches(rule: OptionRule, arg: string): boolean {
  if (rule.words?.includes(arg) === true) return true;
  if (rule.prefixes !== undefined) {
    const start = arg.slice(0, 16).toLowerCase();
    if (rule.prefixes.some((prefix) => start.startsWith(prefix))) return true;
  }
  if (arg.startsWith('--')) {
    const equals = arg.indexOf('=');
    const given = equals === -1 ? arg : arg.slice(0, equals);
    return given.length > 2 && rule.long?.some((option) => option.startsWith(given)) === true;
  }
  if (rule.letters === undefined || !arg.startsWith('-') || arg.length < 2) return false;
  // A bundle: letters up to the first that cannot be one.
  const bundle = /^-[A-Za-z0-9?]*/.exec(arg.slice(0, 64))?.[0] ?? '';
  for (const letter of rule.letters) if (bundle.includes(letter)) return true;
  return false;
}

/** Options of git itself that take the next argument. */
const GIT_TAKES_VALUE: ReadonlySet<string> = new Set([
  '-C',
  '--git-dir',
  '--work-tree',
  '--namespace',
  '--super-prefix',
  '--attr-source',
]);

function git(args: readonly string[]): string | undefined {
  let at = 0;
  for (; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (!arg.startsWith('-')) break;
    if (arg.startsWith('-c') || arg === '-p') return arg.slice(0, 2);
    if (matches(GIT_OPTIONS, arg)) return arg.slice(0, 64);
    if (GIT_TAKES_VALUE.has(arg)) at += 1;
  }
  const command = args[at];
  if (command === undefined) return undefined;
  // Anything that is not git's own may be an alias or another program.
  if (!GIT_PLAIN.has(command)) return `git ${command.slice(0, 64)}`;
  const rest = args.slice(at + 1);
  const option = firstMatch(GIT_OPTIONS, rest);
  if (option !== undefined) return option;
  return gitCommand(command, rest);
}

/** Letters mean different things in different commands; `commit`, `tag` and `merge` open an editor unless they get their text. */
function gitCommand(command: string, args: readonly string[]): string | undefined {
  const has = (letters: string, ...long: string[]): boolean =>
    args.some((arg) => matches({ letters, long }, arg));
  switch (command) {
    case 'commit':
      return has('mFC', '--message', '--file', '--reuse-message', '--no-edit') && !has('ec')
        ? undefined
        : 'git commit without -m';
    case 'clone':
    case 'fetch':
    case 'ls-remote':
    case 'pull':
      return has('uc') ? `git ${command} -u` : undefined;
    case 'grep':
      return has('O') ? 'git grep -O' : undefined;
    case 'config':
      return has('', '--get', '--get-all', '--list', '--get-regexp') || has('l')
        ? undefined
        : 'git config';
    case 'archive':
      return has('', '--remote') ? 'git archive --remote' : undefined;
    default:
      return undefined;
  }
}
