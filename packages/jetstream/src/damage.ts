import { type ErrorDetails, type TableId, tableInWords, WalError } from '@shale/codec';

/** The error for a replica that is not what was written to it. */
export function damaged(url: string, message: string, details: ErrorDetails = {}, table?: TableId): WalError {
  const where = table === undefined ? url : `${url}: ${tableInWords(table)}`;
  return new WalError('SHALE_CORRUPT', `${where}: ${message}`, { details: { url, ...details }, table });
}
