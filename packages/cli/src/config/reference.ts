/** The table of settings as docs/configuration.md prints it. */
import { SETTING_KEYS, type SettingKey, settingOf } from './settings.ts';

const code = (value: unknown): string =>
  `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

export function settingsTable(): string {
  return [
    '| setting | takes | default | meaning |',
    '|---|---|---|---|',
    ...SETTING_KEYS.map(row),
  ].join('\n');
}

function row(key: SettingKey): string {
  const { expects, fallback, about, flag, fileOnly, envOnly } = settingOf(key);
  const only = fileOnly ? ' **File only.**' : envOnly ? ' **Environment only.**' : '';
  const by = flag === undefined ? '' : ` ${code(flag)}`;
  return `| \`${key}\` | ${expects} | ${fallback === undefined ? '' : code(fallback)} | ${about}${by}${only} |`;
}
