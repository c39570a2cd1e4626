/** `portcullis capabilities`: what may be asked for. `list`, `put`, `approve` and `delete` as an administrator, `search` as who asks for actions. */
import { readFileSync } from 'node:fs';
import type { CapabilityDefinition, CapabilityView } from '@portcullis/wire';
import { parse } from 'yaml';
import { withKernel } from '../../connection/open.ts';
import { type Context, has, numberOption, type Run, textsOption } from '../../context.ts';
import { EXIT, UsageError } from '../../exit.ts';
import { counted } from '../../terminal/numbers.ts';
import { safe } from '../../terminal/printable.ts';
import { table } from '../../terminal/table.ts';

export const list: Run = (context) =>
  withKernel(context, 'administrator', async ({ kernel }) =>
    show(context, await kernel.capabilities()),
  );

export const search: Run = (context, ...words) =>
  withKernel(context, 'requester', async ({ kernel }) => {
    const tags = textsOption(context.options, 'tags');
    const found = await kernel.requestCapabilities({
      goal: words.join(' '),
      limit: numberOption(context.options, 'limit') ?? 10,
      ...(tags === undefined ? {} : { tags: [...tags] }),
    });
    return show(context, found);
  });

export const put: Run = (context, file = '') => {
  const definitions = read(file);
  return withKernel(context, 'administrator', async ({ kernel }) => {
    const made: CapabilityView[] = [];
    for (const definition of definitions) made.push(await kernel.registerCapability(definition));
    return show(context, made);
  });
};

export const approve: Run = (context, id = '', digest = '') =>
  withKernel(context, 'administrator', async ({ kernel }) =>
    show(context, [await kernel.approveCapability(id, digest)]),
  );

export const remove: Run = (context, id = '') =>
  withKernel(context, 'administrator', async ({ kernel }) => {
    const { terminal, options } = context;
    const fallen = await kernel.deleteCapability(id);
    if (has(options, 'json')) terminal.json(fallen);
    else
      terminal.line(`${terminal.colour.red('deleted')}: ${counted(fallen.grants, 'grant')} fell`);
    return EXIT.fine;
  });

/** One definition, a list of them, or a file as `capabilities.files` names it; YAML or JSON. What is wrong with one, the kernel says. */
function read(file: string): CapabilityDefinition[] {
  let document: unknown;
  try {
    document = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(
      `${file}: ${error instanceof Error ? error.message : 'it cannot be read'}`,
    );
  }
  const { id, capabilities } = (document ?? {}) as { id?: unknown; capabilities?: unknown };
  const found = id === undefined && capabilities !== undefined ? capabilities : document;
  if (found === capabilities && !Array.isArray(found))
    throw new UsageError(`${file}: capabilities: a list of definitions`);
  return Array.isArray(found) ? found : [found as CapabilityDefinition];
}

function show({ terminal, options }: Context, found: readonly CapabilityView[]) {
  if (has(options, 'json')) {
    terminal.json(found);
    return EXIT.fine;
  }
  if (found.length === 0) terminal.note('none');
  table(terminal, {
    columns: [
      { title: 'capability' },
      { title: 'action' },
      { title: 'safety' },
      { title: 'status' },
      { title: 'description', gives: true },
    ],
    rows: safe(found).map(({ id, action, safety, status, digest, description }) => [
      id,
      action,
      safety,
      status === 'pending' ? `pending ${digest}` : status,
      description,
    ]),
  });
  return EXIT.fine;
}
