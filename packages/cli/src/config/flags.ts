/** The flags that set settings, as the command line names them. */
import type { Options } from '../context.ts';
import { type Configuration, loadConfiguration } from './effective.ts';
import { SETTING_KEYS, type SettingKey, settingOf } from './settings.ts';

const optionName = (flag: string): string =>
  (flag.split(' ')[0] ?? '')
    .replace(/^--/, '')
    .replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

export function configurationFrom(options: Options): Configuration {
  const flags: Partial<Record<SettingKey, string>> = {};
  for (const key of SETTING_KEYS) {
    const { flag } = settingOf(key);
    if (flag === undefined) continue;
    const value = options[optionName(flag)];
    if (typeof value === 'string') flags[key] = value;
  }
  const file = options.config;
  return loadConfiguration({ flags, configFile: typeof file === 'string' ? file : undefined });
}
