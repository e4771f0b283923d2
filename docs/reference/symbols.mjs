// One symbol of the API as Markdown.
import { ReflectionKind } from 'typedoc';

/** @import { DeclarationReflection, SignatureReflection, SomeType } from 'typedoc' */
/** @import { Prose } from './prose.mjs' */

/** What JavaScript calls by itself, as one writes it. @type {ReadonlyMap<string, (as: string) => string>} */
const PROTOCOLS = new Map([
  ['[iterator]', (as) => `for (const entry of ${as})`],
  ['[asyncIterator]', (as) => `for await (const entry of ${as})`],
  ['[asyncDispose]', (as) => `await using ${as}`],
]);

const CALLABLE = ReflectionKind.Method | ReflectionKind.Function;

/** @param {DeclarationReflection} symbol @param {Prose} prose @param {string} [as] what an instance is called */
export function renderSymbol(symbol, prose, as) {
  if (symbol.kindOf(CALLABLE)) return paragraphs(call(symbol, prose));
  if (as !== undefined) return paragraphs(instance(symbol, prose, as));
  return paragraphs([`### \`${symbol.name}\``, ...value(symbol, prose)]);
}

/** @param {DeclarationReflection} symbol @param {Prose} prose @returns {string[]} */
function value(symbol, prose) {
  if (symbol.kindOf(ReflectionKind.TypeAlias)) {
    return [`\`${prose.definition(symbol.type)}\``, prose.comment(symbol)];
  }
  if (symbol.kindOf(ReflectionKind.Variable)) {
    const type = prose.type(symbol.type);
    // The error codes stand in their table.
    return [...(type.length > 120 ? [] : [`\`${type}\``]), prose.comment(symbol)];
  }
  const fields = membersOf(symbol).map((member) => field(member, prose));
  return [prose.comment(symbol), fields.join('\n')];
}

/**
 * A class: what it is, its properties, and each method by itself.
 *
 * @param {DeclarationReflection} symbol @param {Prose} prose @param {string} as
 */
function instance(symbol, prose, as) {
  const members = membersOf(symbol);
  const values = members.filter((member) => !member.kindOf(CALLABLE));
  const calls = members.filter((member) => member.kindOf(CALLABLE));
  return [
    prose.comment(symbol),
    ...values.flatMap((member) => property(member, prose, as)),
    ...calls.flatMap((member) => call(member, prose, as)),
  ];
}

/** @param {DeclarationReflection} member @param {Prose} prose @param {string} as */
function property(member, prose, as) {
  const of = member.getSignature ?? member;
  return [`### \`${as}.${member.name}\``, typeOf(of.type, prose), prose.comment(of)];
}

/** @param {DeclarationReflection} symbol @param {Prose} prose @param {string} [as] */
function call(symbol, prose, as) {
  const signatures = symbol.signatures ?? [];
  const types = signatures.flatMap(({ parameters = [], type }) => [
    ...parameters.map((each) => each.type),
    type,
  ]);
  const links = prose.links(types);
  return [
    `### \`${heading(symbol.name, signatures, as)}\``,
    ...signatures.map((signature) => `\`${written(signature, prose)}\``),
    ...(links.length === 0 ? [] : [`See ${links.join(', ')}.`]),
    // Overloads share what is said of the first.
    ...signatures.slice(0, 1).map((signature) => prose.comment(signature)),
  ];
}

/** @param {string} name @param {SignatureReflection[]} signatures @param {string} [as] */
function heading(name, signatures, as) {
  const protocol = PROTOCOLS.get(name);
  if (protocol !== undefined) return protocol(as ?? '');
  // What the shortest of the overloads can do without is optional.
  const least = Math.min(...signatures.map(({ parameters = [] }) => parameters.length));
  const parameters = signatures.at(-1)?.parameters ?? [];
  const names = parameters.map(
    (each, index) => `${each.name}${isOptional(each) || index >= least ? '?' : ''}`,
  );
  return `${as === undefined ? '' : `${as}.`}${name}(${names.join(', ')})`;
}

/** @param {SignatureReflection} signature @param {Prose} prose */
function written({ name, typeParameters = [], parameters = [], type }, prose) {
  const generic =
    typeParameters.length === 0 ? '' : `<${typeParameters.map((each) => each.name).join(', ')}>`;
  const list = parameters.map(
    (each) => `${each.name}${isOptional(each) ? '?' : ''}: ${prose.type(each.type)}`,
  );
  return `${name}${generic}(${list.join(', ')}): ${prose.type(type)}`;
}

/** @param {import('typedoc').ParameterReflection} parameter */
function isOptional({ flags, defaultValue }) {
  return flags.isOptional || defaultValue !== undefined;
}

/**
 * One field with its type, range, default and meaning.
 *
 * @param {DeclarationReflection} member
 * @param {Prose} prose
 * @returns {string}
 */
function field(member, prose) {
  const [method] = member.signatures ?? [];
  const of = method ?? member.getSignature ?? member;
  const nested = method === undefined ? prose.objectIn(of.type) : [];
  const range = prose.tag(member, '@range');
  const fallback = prose.tag(member, '@defaultValue');
  const about = [
    method === undefined ? kind(of.type, nested, prose) : `\`${written(method, prose)}\``,
    ...(range === undefined ? [] : [range]),
    ...(fallback === undefined ? [] : [`default ${fallback}`]),
  ];
  const comment = prose.comment(of);
  const name = `${member.name}${member.flags.isOptional ? '?' : ''}`;
  const gap = comment.startsWith('- ') ? '\n\n' : ' ';
  const lines = [
    `\`${name}\` (${about.join('; ')}):${gap}${comment}`,
    ...nested.map((each) => field(each, prose)),
  ];
  return `- ${lines.join('\n').replaceAll(/\n(?=.)/g, '\n  ')}`;
}

/** @param {SomeType | undefined} type @param {DeclarationReflection[]} nested @param {Prose} prose */
function kind(type, nested, prose) {
  if (nested.length === 0) return typeOf(type, prose);
  if (type?.type === 'reflection') return 'object';
  return type?.type === 'union' ? 'object or null' : 'objects';
}

/** A type, with links to the symbols that it names. @param {SomeType | undefined} type @param {Prose} prose */
function typeOf(type, prose) {
  const text = `\`${prose.type(type)}\``;
  const links = prose.links([type]);
  if (links.length === 0) return text;
  return links[0]?.startsWith(`[${text}]`) ? links[0] : `${text}, see ${links.join(', ')}`;
}

/** What a reader is told of: not what every error has. @param {DeclarationReflection} symbol */
function membersOf({ children = [] }) {
  return children.filter(({ flags, inheritedFrom, name }) => {
    const isOfEveryError = flags.isExternal && inheritedFrom?.name.startsWith('Error.') === true;
    return !isOfEveryError && (!name.startsWith('[') || PROTOCOLS.has(name));
  });
}

/** @param {string[]} parts */
function paragraphs(parts) {
  return parts.filter((part) => part !== '').join('\n\n');
}
