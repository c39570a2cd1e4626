/** A JUnit report of policy cases, for CI systems: one suite a table, one testcase a case. */

interface JunitCase {
  readonly name: string;
  /** What went wrong; left out where nothing did. */
  readonly failure?: string;
}

export interface JunitSuite {
  readonly name: string;
  readonly cases: readonly JunitCase[];
  readonly seconds: number;
}

export function junit(suites: readonly JunitSuite[]): string {
  const tests = suites.reduce((sum, suite) => sum + suite.cases.length, 0);
  const failures = suites.reduce((sum, suite) => sum + failed(suite), 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="portcullis policy test" tests="${tests}" failures="${failures}">`,
    ...suites.flatMap((suite) => [
      `  <testsuite name="${xml(suite.name)}" tests="${suite.cases.length}" failures="${failed(suite)}" time="${suite.seconds.toFixed(3)}">`,
      ...suite.cases.flatMap((one) => testcase(suite.name, one)),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

const failed = (suite: JunitSuite): number =>
  suite.cases.filter((one) => one.failure !== undefined).length;

function testcase(suite: string, { name, failure }: JunitCase): string[] {
  const open = `    <testcase classname="${xml(suite)}" name="${xml(name)}"`;
  if (failure === undefined) return [`${open}/>`];
  return [`${open}>`, `      <failure message="${xml(failure)}"/>`, '    </testcase>'];
}

// What XML 1.0 cannot hold at all, escaped or not.
const NOT_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

const xml = (text: string): string =>
  text.replace(NOT_XML, '\uFFFD').replace(/[&<>"'\t\n\r]/g, (sign) => ENTITIES[sign] ?? sign);
