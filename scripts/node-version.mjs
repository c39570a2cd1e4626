/** Plain JavaScript, so that an old Node can read it and say what to do. */
export function requireNode24() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return;
  console.error(
    `Portcullis needs Node 24 and this is ${process.version}: run it through npm (npm start, npm test, npx portcullis), which uses the Node 24 that npm install put into node_modules/.bin.`,
  );
  process.exit(3);
}
