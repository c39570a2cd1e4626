/** What decides: label files and policies. */
import { Option } from 'commander';
import type { Declare } from './declare.ts';
import { json, kindOption, located, whole } from './options.ts';

export function addRules({ root, add, runs }: Declare): void {
  const labels = add(
    root,
    'labels',
    'Draft and check label files: where results come from, what arguments are for.',
  );
  runs(
    add(labels, 'suggest <tools>', 'Draft label files from a file of tool schemas.')
      .option('--set <name>', 'the tool set, if the file has several')
      .option('--out <dir>', 'write a file for each set; nothing is overwritten'),
    () => import('../commands/rules/labels-suggest.ts'),
  );
  runs(
    add(labels, 'check <paths...>', 'Check that label files load.'),
    () => import('../commands/rules/labels-check.ts'),
  );

  const policy = add(root, 'policy', 'Check, test, explain and import policy documents.');
  runs(
    json(located(add(policy, 'check [file]', 'Name every mistake, with line and column.'))),
    () => import('../commands/rules/policy-check.ts'),
  );
  runs(
    json(
      located(
        add(
          policy,
          'test [files...]',
          'Run case tables (NAME.cases.yaml beside NAME.yaml), with rule coverage.',
        ),
      ),
    )
      .option('--junit <file>', 'write a JUnit report')
      .option('--min-coverage <percent>', 'fail if cases reach fewer of the rules', whole(0, 100)),
    () => import('../commands/rules/policy-test.ts'),
  );
  runs(
    json(
      located(
        add(
          policy,
          'explain [action] [resource]',
          'Show what a policy says of an action, rule by rule; without one, its rules.',
        ),
      ),
    )
      .option('--policy <file>', 'policy document (default: the configured one)')
      .option('--params <json>', 'parameters as JSON; @FILE reads a file, - reads stdin')
      .option('--principal <id>', 'who asks', 'local')
      .addOption(kindOption())
      .option('--roles <role...>', 'roles of the principal')
      .option('--on-behalf-of <id>', 'the user behind the agent')
      .option('--now <time>', 'RFC 3339 (default: now)'),
    () => import('../commands/rules/policy-explain.ts'),
  );
  runs(
    json(add(policy, 'import <file>', "Turn another system's policy into one of ours, on stdout."))
      .addOption(
        new Option('--from <system>', 'whose policy it is')
          .choices(['agent-os', 'kavach'])
          .makeOptionMandatory(),
      )
      .addOption(
        new Option(
          '--format <format>',
          "how it is written (default: by the file's ending)",
        ).choices(['yaml', 'json', 'toml']),
      ),
    () => import('../commands/rules/policy-import.ts'),
  );
}
