import type { FileHistory } from './file-content.js';

/** A directory, whatever its name: it keeps what is in it when it is renamed. */
export class DirectoryNode {
  readonly entries: Map<string, Node> = new Map();
}

/** What a name stands for. */
export type Node = FileHistory | DirectoryNode;

/** A name in a directory. */
export interface Place {
  readonly directory: DirectoryNode;
  readonly name: string;
}

/** One change of the names below the root. `at` is its place in the recording. */
export type NameChange = { readonly at: number; readonly node: Node } & Place &
  (
    | { readonly kind: 'add' }
    | { readonly kind: 'remove' }
    | { readonly kind: 'rename'; readonly from: Place }
  );

/** Does one change of names, as far as the names it is about are there. */
export function applyName(change: NameChange, entriesOf: EntriesOf): void {
  const entries = entriesOf(change.directory);
  if (change.kind === 'remove') {
    if (entries.get(change.name) === change.node) entries.delete(change.name);
    return;
  }
  if (change.kind === 'rename') {
    const from = entriesOf(change.from.directory);
    if (from.get(change.from.name) === change.node) from.delete(change.from.name);
  }
  entries.set(change.name, change.node);
}

/** What is in a directory, in one of the states that it may be in. */
export type EntriesOf = (directory: DirectoryNode) => Map<string, Node>;

/** All that can be reached from a directory, by path below it, directories before what is in them. */
export function* walk(
  root: DirectoryNode,
  entriesOf: EntriesOf,
  below = '',
  above: readonly DirectoryNode[] = [],
): Generator<readonly [string, Node], void, undefined> {
  // Of a rename of a directory into another one of which half is lost, a ring may be left.
  if (above.includes(root)) return;
  for (const [name, node] of entriesOf(root)) {
    const path = `${below}${name}`;
    yield [path, node];
    if (node instanceof DirectoryNode) yield* walk(node, entriesOf, `${path}/`, [...above, root]);
  }
}
