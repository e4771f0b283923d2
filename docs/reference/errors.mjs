import { ERROR_CODES, ERROR_INFO } from '../../packages/engine/dist/index.js';

/** What every code means, whether the same call may be repeated, and what to do. */
export function errorTable() {
  const rows = ERROR_CODES.map((code) => {
    const { meaning, canRetry, remedy } = ERROR_INFO[code];
    return `| \`${code}\` | ${meaning} | ${canRetry ? 'yes' : 'no'} | ${remedy} |`;
  });
  return ['| code | what happened | `canRetry` | what to do |', '|---|---|---|---|', ...rows].join('\n');
}
