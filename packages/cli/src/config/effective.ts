/**
 * The effective configuration: flags over environment over file over defaults, each value with where it came from.
 * A mistyped variable is refused like a mistyped key.
 */
import { dirname, join, relative, resolve } from 'node:path';
import { UsageError } from '../exit.ts';
import { printable } from '../terminal/printable.ts';
import { type FileSettings, readConfigFile } from './file.ts';
import { defaultDataDir, findConfigFile } from './places.ts';
import { SETTING_KEYS, type SettingKey, type Settings, settingOf, variableOf } from './settings.ts';
import { nearest } from './suggest.ts';

type Origin = 'flag' | 'environment' | 'file' | 'default';

interface Provenance {
  readonly origin: Origin;
  /** For people: `--port`, `PORTCULLIS_MODE`, `portcullis.yaml:7`, `default`. */
  readonly where: string;
}

export interface Configuration {
  /** The file that was read. */
  readonly file: string | undefined;
  readonly settings: Settings;
  readonly origins: ReadonlyMap<SettingKey, Provenance>;
}

export interface Sources {
  /** What the command line set, by setting; texts. */
  readonly flags?: Readonly<Partial<Record<SettingKey, string>>>;
  readonly configFile?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const DEFAULT: Provenance = Object.freeze({ origin: 'default', where: 'default' });

const RANK: Readonly<Record<Origin, number>> = { flag: 3, environment: 2, file: 1, default: 0 };

export function loadConfiguration(sources: Sources = {}): Configuration {
  const env = sources.env ?? process.env;
  const path = findConfigFile(sources.configFile, env);
  const file = path === undefined ? undefined : readConfigFile(path);
  refuseMistypedVariables(env);

  const values: Record<string, unknown> = {};
  const origins = new Map<SettingKey, Provenance>();
  for (const key of SETTING_KEYS) {
    const [value, origin] = one(key, sources.flags?.[key], env[variableOf(key)], file);
    values[key] = value;
    origins.set(key, origin);
  }
  values.data_dir ??= defaultDataDir(env);
  values.start_dir ??= process.cwd();
  values['listen.socket'] ??= join(String(values.data_dir), 'portcullis.sock');
  oneSourceOfPolicy(values, origins);
  return Object.freeze({ file: path, settings: Object.freeze(values) as Settings, origins });
}

function one(
  key: SettingKey,
  flagText: string | undefined,
  variable: string | undefined,
  file: FileSettings | undefined,
): [unknown, Provenance] {
  const { fallback } = settingOf(key);
  if (flagText !== undefined) {
    const where = settingOf(key).flag?.split(' ')[0] ?? key;
    return [read(key, flagText, where, process.cwd()), { origin: 'flag', where }];
  }
  if (variable !== undefined && variable !== '') {
    const where = variableOf(key);
    if (settingOf(key).fileOnly) {
      throw new UsageError(`${where} is not taken from the environment`, [
        `${key} weakens a protection: say it in portcullis.yaml, where it is seen`,
      ]);
    }
    return [read(key, variable, where, process.cwd()), { origin: 'environment', where }];
  }
  const found = file?.values.get(key);
  if (file !== undefined && found !== undefined) {
    const where = `${fromHere(file.path)}:${found.line}`;
    return [absolute(key, found.value, dirname(file.path)), { origin: 'file', where }];
  }
  return [fallback, DEFAULT];
}

/** Shorter where the file lies in or below the working directory. */
const fromHere = (path: string): string => {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
};

/** A text from a flag or a variable as the value its setting takes. */
function read(key: SettingKey, text: string, where: string, base: string): unknown {
  const { schema, expects, secret } = settingOf(key);
  const candidates: unknown[] = [text];
  if (/^\d{1,15}$/.test(text)) candidates.unshift(Number(text));
  if (text === 'true' || text === 'false') candidates.unshift(text === 'true');
  candidates.push(text.split(',').map((item) => item.trim()));
  for (const candidate of candidates) {
    const parsed = schema.safeParse(candidate);
    if (parsed.success) return absolute(key, parsed.data, base);
  }
  throw new UsageError(
    `${where}: expected ${expects}${secret ? '' : `, not ${printable(text.slice(0, 100))}`}`,
  );
}

function absolute(key: SettingKey, value: unknown, base: string): unknown {
  if (!settingOf(key).path) return value;
  if (Array.isArray(value)) return value.map((item) => resolve(base, String(item)));
  return typeof value === 'string' ? resolve(base, value) : value;
}

function refuseMistypedVariables(env: Readonly<Record<string, string | undefined>>): void {
  const known = [...SETTING_KEYS.map(variableOf), 'PORTCULLIS_CONFIG'];
  for (const name of Object.keys(env)) {
    if (!name.startsWith('PORTCULLIS_') || known.includes(name)) continue;
    const meant = nearest(name, known);
    if (meant !== undefined) {
      throw new UsageError(`${printable(name)} is not a setting: did you mean ${meant}?`);
    }
  }
}

export const POLICY_SOURCES = ['policy.file', 'policy.managed', 'policy.preset'] as const;

/** `policy.file`, `policy.managed` and `policy.preset` exclude each other: the strongest source wins, equals are a mistake. */
function oneSourceOfPolicy(
  values: Record<string, unknown>,
  origins: Map<SettingKey, Provenance>,
): void {
  const rank = (key: SettingKey): number => RANK[(origins.get(key) ?? DEFAULT).origin];
  const [first, second, ...weaker] = POLICY_SOURCES.filter((key) => values[key] !== undefined).sort(
    (a, b) => rank(b) - rank(a),
  );
  if (first === undefined || second === undefined) return;
  if (rank(first) === rank(second)) {
    const where = (key: SettingKey): string => (origins.get(key) ?? DEFAULT).where;
    throw new UsageError(`${first} and ${second} exclude each other`, [
      `${first} comes from ${where(first)}, ${second} from ${where(second)}`,
    ]);
  }
  for (const key of [second, ...weaker]) {
    values[key] = undefined;
    origins.set(key, DEFAULT);
  }
}
