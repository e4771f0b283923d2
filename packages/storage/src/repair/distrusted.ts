/** Files that are not to be read, for reading them has ended the process that did: why, by name. */
export type Distrusted = ReadonlyMap<string, string>;
