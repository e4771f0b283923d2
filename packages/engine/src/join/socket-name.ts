/** What the socket by which processes join a WAL is called in the directory of its database. */
export function joinSocketName(instance: number): string {
  return `JOIN-${instance}`;
}
