// Doc comments and types as Markdown.
import { Comment, makeRecursiveVisitor, ReflectionKind } from 'typedoc';

/** @import { CommentDisplayPart, DeclarationReflection, Reflection, SomeType } from 'typedoc' */

export class Prose {
  /** What has no comment. @type {string[]} */
  complaints = [];
  /** @type {ReadonlyMap<string, DeclarationReflection>} */
  #symbols;
  /** The names of types by what they stand for: TypeDoc writes some of them out. @type {ReadonlyMap<string, string>} */
  #aliases;

  /** @param {ReadonlyMap<string, DeclarationReflection>} symbols */
  constructor(symbols) {
    this.#symbols = symbols;
    const aliases = [...symbols.values()].filter((symbol) => symbol.kindOf(ReflectionKind.TypeAlias));
    this.#aliases = new Map(aliases.map((symbol) => [this.#standsFor(symbol.type), symbol.name]));
  }

  /** The comment of a symbol, member or signature. @param {Reflection} of */
  comment(of) {
    const text = this.#text(of.comment?.summary ?? []).trim();
    if (text === '') this.complaints.push(`${of.getFullName()} has no doc comment`);
    return text;
  }

  /** What a tag of the comment says; undefined without one. @param {Reflection} of @param {`@${string}`} name */
  tag(of, name) {
    const content = of.comment?.getTag(name)?.content;
    if (content === undefined) return undefined;
    const text = Comment.combineDisplayParts(content).trim();
    // TypeDoc takes a default for code, whatever it is.
    return text.replace(/^```ts\n(.*)\n```$/s, '$1');
  }

  /** A type as it is written. @param {SomeType | undefined} type */
  type(type) {
    return this.#aliasOf(type) ?? quoted(type);
  }

  /** What an alias is. @param {SomeType | undefined} type */
  definition(type) {
    return quoted(type);
  }

  /** Links to the symbols that types name. @param {(SomeType | undefined)[]} types */
  links(types) {
    /** @type {Set<string>} */
    const names = new Set();
    const reference = (/** @type {{ name: string }} */ { name }) => void names.add(name);
    for (const type of types) {
      const alias = this.#aliasOf(type);
      if (alias === undefined) type?.visit(makeRecursiveVisitor({ reference }));
      else names.add(alias);
    }
    return [...names].filter((name) => this.#symbols.has(name)).map((name) => this.#link(name));
  }

  /** The fields of an object type, also in an array or beside null. @param {SomeType | undefined} type */
  objectIn(type) {
    /** @type {DeclarationReflection[]} */
    const fields = [];
    type?.visit(
      makeRecursiveVisitor({
        reflection: ({ declaration }) => void fields.push(...(declaration.children ?? [])),
      }),
    );
    return fields;
  }

  /** @param {SomeType | undefined} type */
  #aliasOf(type) {
    return type?.type === 'reference' && this.#symbols.has(type.name)
      ? undefined
      : this.#aliases.get(quoted(type));
  }

  /** "One of the values of a list" stands for each of them. @param {SomeType | undefined} type */
  #standsFor(type) {
    if (type?.type !== 'indexedAccess' || type.objectType.type !== 'query') return quoted(type);
    const list = this.#symbols.get(type.objectType.queryType.name)?.type;
    const tuple = list?.type === 'typeOperator' ? list.target : list;
    return tuple?.type === 'tuple' ? tuple.elements.map(quoted).join(' | ') : quoted(type);
  }

  /** @param {string} name */
  #link(name) {
    return `[\`${name}\`](#${name.toLowerCase()})`;
  }

  /** @param {readonly CommentDisplayPart[]} parts */
  #text(parts) {
    return parts
      .map(({ kind, text }) => {
        if (kind === 'inline-tag') return this.#symbols.has(text) ? this.#link(text) : `\`${text}\``;
        return kind === 'text' ? text.replaceAll(/\bSHALE_[A-Z_]+\b/g, '`$&`') : text;
      })
      .join('');
  }
}

/** A type as the sources would have it. @param {SomeType | undefined} type */
function quoted(type) {
  return `${type ?? 'unknown'}`.replaceAll('"', "'");
}
