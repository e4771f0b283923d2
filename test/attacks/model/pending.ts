import { type Wal, WalError } from '@shale/engine';
import type { AppendCommand } from './commands.js';
import { requireEqual } from './compare.js';
import { payloadOf } from './payloads.js';
import { tableOf } from './tables.js';
import type { ModelPart, WalModel } from './wal-model.js';

/** What the log said to an append. */
type Answer =
  | { readonly ok: true; readonly spans: readonly { readonly first: bigint; readonly last: bigint }[] }
  | { readonly ok: false; readonly code: string };

/** An append that has been made. */
export interface Pending {
  readonly command: AppendCommand;
  readonly parts: readonly ModelPart[];
  /** The answer, once there is one. */
  answer: Answer | null;
  readonly settled: Promise<Answer>;
}

/** What an append must come to. Where there are two reasons to refuse it, either code will do. */
interface Verdict {
  readonly codes: readonly string[];
  readonly spans: readonly { readonly first: bigint; readonly last: bigint }[];
}

/** Makes the payloads of an append; `expect` is worked out on `plan`, which the append is then applied to. */
export function prepare(command: AppendCommand, plan: WalModel, serial: () => number): ModelPart[] {
  const ahead = new Map<string, bigint>();
  const parts = command.parts.map(({ table, sizes, expect }): ModelPart => {
    const next = ahead.get(table) ?? plan.next(table);
    ahead.set(table, next + BigInt(sizes.length));
    const expected = expect === null ? undefined : next + BigInt(expect);
    return {
      table,
      payloads: sizes.map((size) => payloadOf(serial(), size)),
      expect: expected !== undefined && expected < 0n ? 0n : expected,
    };
  });
  plan.append(parts);
  return parts;
}

/** Hands an append to the log. */
export function submit(wal: Wal, command: AppendCommand, parts: readonly ModelPart[]): Pending {
  const pending: { command: AppendCommand; parts: readonly ModelPart[]; answer: Answer | null } = {
    command,
    parts,
    answer: null,
  };
  const settled = call(wal, command, parts).then(
    (spans): Answer => ({ ok: true, spans }),
    (error: unknown): Answer => {
      if (error instanceof WalError) return { ok: false, code: error.code };
      throw error;
    },
  );
  return Object.assign(pending, {
    settled: settled.then((answer) => {
      pending.answer = answer;
      return answer;
    }),
  });
}

/**
 * Throws unless the answer to an append is what it must be, and applies the append to the model. Gives what it has
 * written; null when it was refused.
 */
export function requireAnswer(wal: Wal, pending: Pending, model: WalModel): Verdict['spans'] | null {
  const { codes, spans } = judge(wal, pending.parts, model);
  const { answer } = pending;
  const what = `the answer to ${JSON.stringify(pending.command)}`;
  if (codes.length === 0) {
    requireEqual(what, answer?.ok === true ? answer.spans : answer, spans);
    return spans;
  }
  const code = answer?.ok === false ? answer.code : 'none';
  if (!codes.includes(code)) requireEqual(what, answer, { ok: false, code: codes.join(' or ') });
  return null;
}

/** Resolves once so many appends have been answered, or all. */
export async function answered(pendings: readonly Pending[], answers: number): Promise<void> {
  const needed = Math.min(answers, pendings.length);
  let count = 0;
  if (needed === 0) return;
  await new Promise<void>((resolve, reject) => {
    for (const { settled } of pendings) {
      settled.then(() => {
        if (++count === needed) resolve();
      }, reject);
    }
  });
}

function judge(wal: Wal, parts: readonly ModelPart[], model: WalModel): Verdict {
  const payloads = parts.flatMap((part) => part.payloads);
  const bytes = payloads.reduce((sum, payload) => sum + payload.length, 0);
  if (bytes + 4 * payloads.length + 256 * parts.length > wal.options.maxInFlightBytes) {
    return { codes: ['SHALE_TOO_LARGE'], spans: [] };
  }
  const outcome = model.append(parts);
  return outcome.ok ? { codes: [], spans: outcome.spans } : { codes: [outcome.code], spans: [] };
}

async function call(wal: Wal, { do: kind, durability }: AppendCommand, parts: readonly ModelPart[]) {
  const [part] = parts;
  if (kind === 'write' || part === undefined) {
    return await wal.write(
      parts.map(({ table, payloads, expect }) => ({ table: tableOf(wal, table), payloads, expect })),
      { durability },
    );
  }
  const table = tableOf(wal, part.table);
  const options = { durability, expect: part.expect };
  const [payload] = part.payloads;
  if (kind === 'batch' || payload === undefined) return [await table.appendBatch(part.payloads, options)];
  const sequence = await table.append(payload, options);
  return [{ first: sequence, last: sequence }];
}
