import { type FileHandle, readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { keyOf, namesOf, type OpenFile, openSeen, type SeenFile, seeFile, seeHandle } from './file.js';
import { Generation } from './generation.js';
import { isPrefix } from './same-content.js';

/** Milliseconds for which a file that is the beginning of another one may be a copy under way. */
const COPY_MS = 10_000;
/** Looks for a file in the directory in which it was. */
const MISSES = 3;
/** Journals of one path that are kept, though their files are gone. */
const KEPT = 8;
/** Files that are kept open: what is deleted between two looks is still read of them. */
const OPEN_FILES = 256;

/** What happened to a file, for people. */
export type FileNews = (text: string) => void;

/**
 * The files that are followed. A look finds out which of them are which: by inode, and by what they begin with and what is
 * before the position that was read to. So a file goes on under another name; one that was cut short is a new one; and
 * what was read of it goes on in the copy that was made before.
 */
export class FileSet {
  readonly #generations: Generation[];
  readonly #tell: FileNews;
  /** Files that were the beginning of one that is followed, when they were last looked at. */
  readonly #suspects = new Map<string, Generation>();

  constructor(generations: readonly Generation[], tell: FileNews) {
    this.#generations = generations.filter((generation) => !generation.isDecoded);
    this.#tell = tell;
  }

  get generations(): readonly Generation[] {
    return this.#generations;
  }

  /** Looks at the files that are at these paths now. */
  async look(paths: readonly string[]): Promise<void> {
    const files = new Map<string, SeenFile>();
    const add = (file: SeenFile | undefined): void => {
      if (file && !files.has(keyOf(file))) files.set(keyOf(file), file);
    };
    for (const path of paths) add(await seeFile(path));
    for (const file of await this.#missingOf(files)) add(file);
    for (const key of this.#suspects.keys()) if (!files.has(key)) this.#suspects.delete(key);
    const unknown: SeenFile[] = [];
    let isSure = true;
    const seen = new Set<Generation>();
    for (const file of files.values()) {
      const generation = await this.#known(file);
      if (generation === 'undecided') isSure = false;
      else if (generation) seen.add(generation);
      else unknown.push(file);
    }
    // What is renamed at this moment is left for the next look.
    if (!isSure) return;
    for (const generation of this.#generations) {
      if (!seen.has(generation) && generation.state === 'present') await this.#lose(generation);
    }
    const left = await this.#copies(unknown);
    for (const file of left ?? []) if (file.size > 0) await this.#meet(file);
    await this.#closeSome();
  }

  async close(): Promise<void> {
    for (const generation of this.#generations) await generation.close();
  }

  /** The files that are not among those any more, where they went in the same directory. */
  async #missingOf(files: ReadonlyMap<string, SeenFile>): Promise<SeenFile[]> {
    const present = [...files.values()];
    const lookedFor = this.#generations.filter(
      (generation) =>
        generation.state !== 'displaced' &&
        generation.misses < MISSES &&
        generation.path !== undefined &&
        !present.some((file) => generation.hasInode(file)),
    );
    const found: SeenFile[] = [];
    const listed = new Map<string, SeenFile[]>();
    for (const generation of lookedFor) {
      const directory = dirname(generation.path ?? '');
      // What is renamed while a directory is listed may be in no list.
      for (const again of [false, true]) {
        const there = (again ? undefined : listed.get(directory)) ?? (await filesIn(directory));
        listed.set(directory, there);
        const file = there.find((one) => generation.hasInode(one));
        if (file) found.push(file);
        if (file) break;
        if (again) generation.misses += 1;
      }
    }
    return found;
  }

  /** The generation that a file is, if what was read of it is still there. */
  async #known(file: SeenFile): Promise<Generation | 'undecided' | undefined> {
    const candidates = this.#generations
      .filter((generation) => generation.state !== 'displaced' && generation.hasInode(file))
      .sort((a, b) => b.offset - a.offset);
    for (const generation of candidates) {
      const before = generation.file;
      const isSame =
        generation.state === 'present' &&
        before !== undefined &&
        !generation.isStale &&
        before.size === file.size &&
        before.modifiedMs === file.modifiedMs;
      const verdict = isSame ? 'same' : await this.#verify(generation, file);
      if (verdict === 'undecided') return verdict;
      if (verdict === 'same') {
        if (before && before.path !== file.path)
          this.#tell(`${before.path} was renamed: going on with ${file.path}`);
        if (isSame) generation.file = file;
        generation.state = 'present';
        generation.misses = 0;
        return generation;
      }
      if (generation.state === 'present')
        this.#tell(`${file.path} was cut short or written anew: beginning at line 1`);
      generation.state = 'displaced';
      generation.isStale = false;
      generation.misses = 0;
      await generation.close();
    }
    return undefined;
  }

  /** Looks whether a file has what was read of it. Another one may be at its path by now, which decides nothing. */
  async #verify(generation: Generation, seen: SeenFile): Promise<'same' | 'other' | 'undecided'> {
    const { handle: known } = generation;
    const opened = known ? await reopened(known, seen) : await openSeen(seen);
    if (!opened) return 'undecided';
    const { handle, file } = opened;
    const isSame = await generation.hasContent(handle, file.size);
    if (isSame) {
      generation.handle = handle;
      generation.file = file;
      return 'same';
    }
    generation.handle = undefined;
    await handle.close();
    return 'other';
  }

  /** A file that is not where it was: what is open of it is read to its end. */
  async #lose(generation: Generation): Promise<void> {
    const { handle, path } = generation;
    const file = handle && path !== undefined ? await seeHandle(path, handle) : undefined;
    if (!handle || !file) {
      generation.state = 'missing';
      return;
    }
    generation.file = file;
    generation.isGone = (await namesOf(handle)) === 0;
  }

  /**
   * Finds those of the files that go on with what was displaced; the others are left. Undefined where a file could not be
   * looked at.
   */
  async #copies(unknown: readonly SeenFile[]): Promise<SeenFile[] | undefined> {
    const left = [...unknown];
    for (const generation of this.#generations) {
      if (generation.state !== 'displaced' || generation.misses > 0) continue;
      const found = generation.isTellable ? await this.#copyOf(generation, left) : undefined;
      if (found === 'undecided') return undefined;
      generation.misses = 1;
      if (!found) {
        await this.#cover(generation, left);
        continue;
      }
      this.#tell(`${generation.path} was copied: going on with ${found.file.path}`);
      generation.handle = found.handle;
      generation.file = found.file;
      generation.read = undefined;
      generation.state = 'present';
      generation.isMoved = true;
      generation.misses = 0;
      const at = left.findIndex((one) => keyOf(one) === keyOf(found.file));
      if (at !== -1) left.splice(at, 1);
    }
    return left;
  }

  /** A copy of what was cut short may lack the last lines that were read of it: all of the copy is in. */
  async #cover(generation: Generation, left: SeenFile[]): Promise<void> {
    const copies = left.filter((file) => this.#suspects.get(keyOf(file)) === generation);
    for (const seen of copies) {
      if (seen.size > generation.offset) continue;
      const copy = await this.#add(seen);
      if (copy) copy.coveredBy = generation;
      left.splice(left.indexOf(seen), 1);
    }
  }

  /** A file that has all that was read of one that was displaced: among these, or beside it with a name like its own. */
  async #copyOf(
    generation: Generation,
    files: readonly SeenFile[],
  ): Promise<OpenFile | 'undecided' | undefined> {
    const directory = dirname(generation.path ?? '');
    let isSure = true;
    // What is renamed while a directory is listed may be in no list.
    for (const list of [async () => files, () => filesIn(directory), () => filesIn(directory)]) {
      for (const file of await list()) {
        if (!files.includes(file) && !isNamedAfter(file, generation)) continue;
        if (
          this.#generations.some((one) => one.hasInode(file) && one !== generation && one.state === 'present')
        )
          continue;
        const opened = await openSeen(file);
        if (!opened) {
          isSure = false;
          continue;
        }
        if (await generation.hasContent(opened.handle, opened.file.size)) return opened;
        await opened.handle.close();
      }
    }
    return isSure ? undefined : 'undecided';
  }

  /** Begins a file, unless it may be a copy of one that is about to be cut short. */
  async #meet(seen: SeenFile): Promise<void> {
    const opened = await openSeen(seen);
    if (!opened) return;
    if (await this.#mayBeCopy(opened)) {
      await opened.handle.close();
      return;
    }
    this.#include(opened);
  }

  async #add(seen: SeenFile): Promise<Generation | undefined> {
    const opened = await openSeen(seen);
    return opened && this.#include(opened);
  }

  #include({ handle, file }: OpenFile): Generation {
    const generation = new Generation(this.#nameFor(file.path), undefined);
    generation.state = 'present';
    generation.handle = handle;
    generation.file = file;
    this.#generations.push(generation);
    return generation;
  }

  /** Whether a young file is the beginning of one that is followed, or has all that was read of it. */
  async #mayBeCopy({ file, handle }: OpenFile): Promise<boolean> {
    if (Date.now() - file.changedMs > COPY_MS) return false;
    for (const generation of this.#generations) {
      if (generation.state !== 'present' || !generation.handle || generation.failure !== undefined) continue;
      if (await isPrefix(handle, generation.handle)) {
        this.#suspects.set(keyOf(file), generation);
        return true;
      }
      // It may have been cut short since it was looked at.
      if (generation.isTellable && (await generation.hasContent(handle, file.size))) return true;
    }
    return false;
  }

  /** A name for a journal: another one for each file at a path, until those of enough of them are gone. */
  #nameFor(path: string): string {
    const isOfPath = (name: string): boolean => name.startsWith(`${PREFIX}${path}#`);
    const ofPath = this.#generations.filter(({ name }) => isOfPath(name));
    const gone = ofPath
      .filter(({ state }) => state !== 'present')
      .sort((a, b) => (a.journaled?.start.startedAt ?? 0) - (b.journaled?.start.startedAt ?? 0));
    const [oldest] = gone;
    if (gone.length >= KEPT && oldest) {
      this.#generations.splice(this.#generations.indexOf(oldest), 1);
      return oldest.name;
    }
    const numbers = ofPath.map(({ name }) => Number(name.slice(PREFIX.length + path.length + 1)));
    return `${PREFIX}${path}#${Math.max(0, ...numbers) + 1}`;
  }

  /** Keeps those open that were written to last. */
  async #closeSome(): Promise<void> {
    const open = this.#generations
      .filter(({ handle }) => handle !== undefined)
      .sort((a, b) => (b.file?.modifiedMs ?? 0) - (a.file?.modifiedMs ?? 0));
    for (const generation of open.slice(OPEN_FILES)) if (!generation.isBehind) await generation.close();
  }
}

/** What the names of the journals of followed files begin with. */
export const PREFIX = 'follow:';

/** A file that is open, under the path at which it was seen. */
async function reopened(handle: FileHandle, seen: SeenFile): Promise<OpenFile | undefined> {
  const file = await seeHandle(seen.path, handle);
  return file && keyOf(file) === keyOf(seen) ? { handle, file } : undefined;
}

/** What a file of the same directory is called when it was made by a rotation. */
function isNamedAfter(file: SeenFile, { path = '' }: Generation): boolean {
  return basename(file.path).startsWith(basename(path, extname(path)));
}

async function filesIn(directory: string): Promise<SeenFile[]> {
  const names = await readdir(directory).catch(() => []);
  const found: SeenFile[] = [];
  for (const name of names) {
    const file = await seeFile(join(directory, name)).catch(() => undefined);
    if (file) found.push(file);
  }
  return found;
}
