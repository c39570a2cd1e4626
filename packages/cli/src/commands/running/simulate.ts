/** `portcullis simulate`: named attacks against a policy. Exit 1 where one got through. */
import { has, type Run, textOption } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';
import { policyInForce, startDirOf } from '../../policy/document.ts';
import { compile } from '../../policy/load.ts';
import { columns } from '../../terminal/columns.ts';

export const run: Run = async (context, ...names) => {
  const { terminal, options } = context;
  const { SCENARIOS } = await import('../../simulate/scenarios/index.ts');
  const unknown = names.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown !== undefined)
    throw new UsageError(`there is no scenario ${unknown}`, [
      'portcullis simulate --list names them',
    ]);
  const chosen =
    names.length === 0 ? SCENARIOS : SCENARIOS.filter(({ name }) => names.includes(name));
  if (has(options, 'list')) {
    if (has(options, 'json')) terminal.json(chosen);
    else {
      const rows = chosen.map(({ name, description }) => [name, description]);
      for (const line of columns(
        { columns: [{ title: '' }, { title: '', gives: true }], rows },
        terminal.width,
      ))
        terminal.line(line);
    }
    return EXIT.fine;
  }
  const { settings } = await context.configuration();
  const startDir = startDirOf(settings);
  const policy = await policyInForce(context, textOption(options, 'policy'));
  // Mistakes are named with their places before anything is asked.
  await compile(policy);
  const { simulate } = await import('../../simulate/run.ts');
  const { printReports } = await import('../../simulate/print.ts');
  const reports = await simulate(chosen, { policy: policy.text, format: policy.format, startDir });
  const through = reports.filter((report) => report.through).map(({ name }) => name);
  if (has(options, 'json'))
    terminal.json({ ok: through.length === 0, policy: policy.path, through, scenarios: reports });
  else printReports(terminal, reports, policy.path);
  return through.length === 0 ? EXIT.fine : EXIT.refused;
};
