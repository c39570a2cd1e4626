/** A commented `portcullis.yaml`: what was chosen, and every other setting with its meaning and its default, commented out. */
import { stringify } from 'yaml';
import { SETTING_KEYS, type SettingKey, settingOf, variableOf } from '../config/settings.ts';

export type Choices = Readonly<Partial<Record<SettingKey, unknown>>>;

const WIDTH = 92;

export function configText(choices: Choices): string {
  const lines = [
    '# Portcullis. Flags go over PORTCULLIS_* variables, those over this file; `portcullis config`',
    '# prints what holds and where it comes from. A relative path starts at this file.',
    '',
  ];
  const groups = Map.groupBy(
    SETTING_KEYS.filter((key) => !settingOf(key).envOnly),
    (key) => (key.includes('.') ? key.slice(0, key.indexOf('.')) : ''),
  );
  for (const [group, keys] of groups) {
    const used = keys.some((key) => choices[key] !== undefined);
    if (group !== '') lines.push(used ? `${group}:` : `# ${group}:`);
    for (const key of keys) lines.push(...entry(key, group, used, choices[key]));
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function entry(key: SettingKey, group: string, groupUsed: boolean, chosen: unknown): string[] {
  const { about, expects, fallback, fileOnly } = settingOf(key);
  const name = group === '' ? key : key.slice(group.length + 1);
  const indent = group === '' ? '' : '  ';
  const where = fileOnly ? ' Only this file can say it.' : ` (${variableOf(key)})`;
  const said = chosen ?? fallback;
  const value = said === undefined ? `# ${expects}` : stringify(said).trim();
  const off = chosen === undefined;
  // In a group that is commented out whole, the indent comes after the sign, so that taking signs away leaves YAML.
  const mark = off ? (groupUsed || group === '' ? `${indent}# ` : `# ${indent}`) : indent;
  const comment = groupUsed || group === '' ? `${indent}# ` : `# ${indent}# `;
  return [
    ...wrapped(`${about}${where}`, WIDTH - comment.length).map((line) => `${comment}${line}`),
    `${mark}${name}: ${value}`,
  ];
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
