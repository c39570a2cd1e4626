/** `portcullis config`: the whole effective configuration, and where each value comes from. Secrets are masked. */
import { SETTING_KEYS, type SettingKey, settingOf } from '../../config/settings.ts';
import { has, type Run } from '../../context.ts';
import { EXIT } from '../../exit.ts';
import { columns } from '../../terminal/columns.ts';
import { printable } from '../../terminal/printable.ts';

export const run: Run = async ({ terminal, options, configuration }) => {
  const { file, settings, origins } = await configuration();
  const shown = (key: SettingKey): unknown =>
    settings[key] !== undefined && settingOf(key).secret ? '********' : (settings[key] ?? null);
  const from = (key: SettingKey): string => origins.get(key)?.where ?? 'default';

  if (has(options, 'json')) {
    terminal.json({
      file: file ?? null,
      settings: Object.fromEntries(
        SETTING_KEYS.map((key) => [key, { value: shown(key), from: from(key) }]),
      ),
    });
    return EXIT.fine;
  }
  const { dim, bold } = terminal.colour;
  terminal.line(dim(file === undefined ? 'no configuration file' : `file  ${printable(file)}`));
  terminal.line();
  const rows = SETTING_KEYS.map((key) => [key, worded(shown(key)), printable(from(key))]);
  const lines = columns(
    {
      columns: [{ title: 'setting' }, { title: 'value', gives: true }, { title: 'from' }],
      rows,
      head: dim,
      paint: (cell, column, row) =>
        column === 2 ? dim(cell) : column === 1 && rows[row]?.[2] !== 'default' ? bold(cell) : cell,
    },
    terminal.width,
  );
  for (const line of lines) terminal.line(line);
  return EXIT.fine;
};

function worded(value: unknown): string {
  if (value === null) return '-';
  if (Array.isArray(value)) return value.length === 0 ? '[]' : printable(value.join(', '));
  return printable(String(value));
}
