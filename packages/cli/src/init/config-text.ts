/** A commented `portcullis.yaml`: what was chosen, and every other setting with its meaning and its default, commented out. */
import { stringify } from 'yaml';
import { SETTING_KEYS, type SettingKey, settingOf } from '../config/settings.ts';

export type Choices = Readonly<Partial<Record<SettingKey, unknown>>>;

const WIDTH = 92;

export function configText(choices: Choices): string {
  const lines = [
    '# Portcullis. What is commented out is a default, or an example where there is none.',
    '#',
    '# Flags go over environment variables (PORTCULLIS_LISTEN_PORT for listen.port), those over this',
    '# file; `portcullis config` prints what holds and where it comes from. A relative path starts',
    '# at this file.',
    '',
  ];
  const groups = Map.groupBy(
    SETTING_KEYS.filter((key) => !settingOf(key).envOnly),
    (key) => (key.includes('.') ? key.slice(0, key.indexOf('.')) : ''),
  );
  for (const [group, keys] of groups) {
    const used = group === '' || keys.some((key) => choices[key] !== undefined);
    if (group !== '') lines.push(used ? `${group}:` : `# ${group}:`);
    for (const key of keys) {
      const name = group === '' ? key : key.slice(group.length + 1);
      lines.push(...entry(key, name, group === '' ? '' : '  ', used, choices[key]));
      if (group === '') lines.push('');
    }
    if (group !== '') lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** In a group that is commented out whole, the indent comes after the sign, so that taking signs away leaves YAML. */
function entry(
  key: SettingKey,
  name: string,
  indent: string,
  used: boolean,
  chosen: unknown,
): string[] {
  const { about, fallback, example } = settingOf(key);
  const value = stringify(chosen ?? fallback ?? example, { collectionStyle: 'flow' }).trim();
  const off = used ? `${indent}# ` : `# ${indent}`;
  const comment = used ? `${indent}# ` : `# ${indent}# `;
  return [
    ...wrapped(about, WIDTH - comment.length).map((line) => `${comment}${line}`),
    `${chosen === undefined ? off : indent}${name}: ${value}`,
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
