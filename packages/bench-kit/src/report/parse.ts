import { isMeasureName, type Measures } from './measures.js';
import {
  type CaseResult,
  type DeviceBaseline,
  type Machine,
  REPORT_FORMAT,
  type Report,
  type StoreInfo,
} from './schema.js';
import { type CaseSpec, caseId } from './spec.js';

/**
 * A report from parsed JSON, checked field by field. Throws a TypeError that names the field when it is not a report,
 * or when its format has another version.
 */
export function parseReport(json: unknown): Report {
  const root = new Field(json, 'report');
  const format = root.at('format').number();
  if (format !== REPORT_FORMAT) {
    throw new TypeError(`report.format is ${format}; this version reads format ${REPORT_FORMAT}`);
  }
  return {
    format,
    suite: root.at('suite').string(),
    startedAt: root.at('startedAt').string(),
    elapsedSeconds: root.at('elapsedSeconds').number(),
    roundsWanted: root.at('roundsWanted').number(),
    secondsPerCase: root.at('secondsPerCase').number(),
    seed: root.at('seed').number(),
    machine: machine(root.at('machine')),
    versions: Object.fromEntries(
      root
        .at('versions')
        .entries()
        .map(([name, field]) => [name, field.string()]),
    ),
    device: root.at('device').orNull(device),
    syncCounting: root.at('syncCounting').string(),
    stores: root.at('stores').list(store),
    cases: root.at('cases').list(result),
  };
}

function machine(field: Field): Machine {
  return {
    cpu: field.at('cpu').string(),
    cores: field.at('cores').number(),
    memoryMiB: field.at('memoryMiB').number(),
    os: field.at('os').string(),
    fileSystem: field.at('fileSystem').string(),
    load: field.at('load').list((value) => value.number()),
  };
}

function device(field: Field): DeviceBaseline {
  return {
    writes: field.at('writes').number(),
    perSecond: field.at('perSecond').number(),
    p50Ms: field.at('p50Ms').number(),
    p99Ms: field.at('p99Ms').number(),
    maxMs: field.at('maxMs').number(),
  };
}

function store(field: Field): StoreInfo {
  return {
    name: field.at('name').string(),
    version: field.at('version').string(),
    tunedBy: field.at('tunedBy').string(),
    absent: field.at('absent').orNull((value) => value.string()),
  };
}

function result(field: Field): CaseResult {
  const spec = caseSpec(field.at('spec'));
  const id = field.at('id').string();
  if (id !== caseId(spec))
    throw new TypeError(`${field.path}.id is '${id}', but its spec is '${caseId(spec)}'`);
  return {
    store: field.at('store').string(),
    id,
    spec,
    rounds: field.at('rounds').list(measures),
    failures: field.at('failures').list((value) => value.string()),
  };
}

function measures(field: Field): Measures {
  const pairs = field.entries().map(([name, value]) => {
    if (!isMeasureName(name)) throw new TypeError(`${value.path}: there is no such measure`);
    return [name, value.number()];
  });
  return Object.fromEntries(pairs);
}

function caseSpec(field: Field): CaseSpec {
  const common = {
    entryBytes: field.at('entryBytes').number(),
    tables: field.at('tables').number(),
    shards: field.at('shards').number(),
    durability: field.at('durability').oneOf('sync', 'os'),
  };
  const kind = field.at('kind').oneOf('append', 'read', 'recovery', 'trim');
  switch (kind) {
    case 'append': {
      const loop = field.at('loop');
      return {
        ...common,
        kind,
        batch: field.at('batch').number(),
        inFlight: field.at('inFlight').number(),
        spread: field.at('spread').oneOf('uniform', 'zipf'),
        loop: loop.value === 'closed' ? 'closed' : { openAt: loop.at('openAt').number() },
        trim: field.at('trim').oneOf('none', 'window', 'lagging'),
      };
    }
    case 'read':
      return {
        ...common,
        kind,
        read: field.at('read').oneOf('replay', 'from', 'cold', 'point', 'mix'),
        entries: field.at('entries').number(),
        inFlight: field.at('inFlight').number(),
      };
    case 'recovery':
      return {
        ...common,
        kind,
        entries: field.at('entries').number(),
        end: field.at('end').oneOf('clean', 'killed'),
      };
    case 'trim':
      return { ...common, kind, entriesPerTable: field.at('entriesPerTable').number() };
  }
}

/** A value from JSON and its path, for the message when it is invalid. */
class Field {
  readonly value: unknown;
  readonly path: string;

  constructor(value: unknown, path: string) {
    this.value = value;
    this.path = path;
  }

  at(name: string): Field {
    const found = this.entries().find(([key]) => key === name);
    if (found === undefined) throw new TypeError(`${this.path}.${name} is missing`);
    return found[1];
  }

  entries(): [string, Field][] {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value))
      this.#refuse('an object');
    return Object.entries(this.value).map(([name, value]) => [
      name,
      new Field(value, `${this.path}.${name}`),
    ]);
  }

  list<T>(each: (field: Field) => T): T[] {
    if (!Array.isArray(this.value)) this.#refuse('a list');
    return this.value.map((value, i) => each(new Field(value, `${this.path}[${i}]`)));
  }

  string(): string {
    if (typeof this.value !== 'string') this.#refuse('a string');
    return this.value;
  }

  number(): number {
    if (typeof this.value !== 'number' || !Number.isFinite(this.value)) this.#refuse('a number');
    return this.value;
  }

  oneOf<const T extends string>(...choices: readonly T[]): T {
    return choices.find((choice) => choice === this.value) ?? this.#refuse(`one of ${choices.join(', ')}`);
  }

  orNull<T>(read: (field: Field) => T): T | null {
    return this.value === null ? null : read(this);
  }

  #refuse(wanted: string): never {
    throw new TypeError(`${this.path} must be ${wanted}, but is ${JSON.stringify(this.value)}`);
  }
}
