// What a batch of events is. It is as strict as PostgreSQL: nothing is taken in that could not be stored.
const name = { type: 'string', pattern: '^(?!__proto__$)[\\w.:-]{1,64}$' };
const text = { maxLength: 4096, pattern: '^[^\\u0000\\ud800-\\udfff]*$' };
const scalar = { type: ['string', 'number', 'boolean', 'null'], ...text };

const event = {
  type: 'object',
  required: ['id', 'at', 'type', 'data'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' },
    at: { type: 'integer', minimum: 0, maximum: 253_402_300_799_999 }, // milliseconds, up to the year 9999
    type: name,
    data: { type: 'object', maxProperties: 50, propertyNames: name, additionalProperties: scalar },
  },
};

export const batchSchema = {
  type: 'object',
  required: ['events'],
  additionalProperties: false,
  properties: { events: { type: 'array', minItems: 1, maxItems: 1000, items: event } },
};

const key = { type: 'string', pattern: '^[!-~]{1,255}$' };
export const headerSchema = { type: 'object', properties: { 'idempotency-key': key } };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }); // a byte order mark is not JSON

/** What is checked is what is stored: both read it with this. @param {Uint8Array} bytes @returns {{ events: Event[] }} */
export const parseBatch = (bytes) => JSON.parse(utf8.decode(bytes));

/** @typedef {{ id: string, at: number, type: string, data: Record<string, string | number | boolean | null> }} Event */
