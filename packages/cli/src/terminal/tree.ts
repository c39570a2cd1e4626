/** A tree as lines, drawn with the box characters of `tree(1)`. */

export interface TreeNode {
  /** Safe to print, possibly coloured. */
  readonly text: string;
  readonly children: readonly TreeNode[];
}

export function* tree(
  nodes: readonly TreeNode[],
  paint: (branch: string) => string,
  indent = '',
): Generator<string> {
  for (const [index, node] of nodes.entries()) {
    const last = index === nodes.length - 1;
    yield `${paint(`${indent}${last ? '\u2514\u2500' : '\u251c\u2500'}`)} ${node.text}`;
    yield* tree(node.children, paint, `${indent}${last ? '   ' : '\u2502  '}`);
  }
}
