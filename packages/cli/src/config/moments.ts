/** Times on the command line. */
const RFC_3339 =
  /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/** Milliseconds since the epoch, undefined where the text is no time. Without a zone it is UTC, as the log prints it. */
export function moment(text: string): number | undefined {
  if (!RFC_3339.test(text)) return undefined;
  const zoned = /(?:Z|[+-]\d{2}:\d{2})$/.test(text) || !/\d:\d/.test(text) ? text : `${text}Z`;
  const at = Date.parse(zoned.replace(' ', 'T'));
  return Number.isNaN(at) ? undefined : at;
}
