/** `npm start`: the sidecar, in the directory where npm was called. Plain JavaScript, so that an older Node can say what is wrong. */
const { npm_command: command, INIT_CWD: calledIn } = process.env;
if (command !== undefined && calledIn) process.chdir(calledIn);

process.argv.splice(2, 0, 'serve');
await import('../packages/cli/src/portcullis.mjs');
