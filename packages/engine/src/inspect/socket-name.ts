/** What the socket of a WAL is called in the directory of its database. */
export function socketName(instance: number): string {
  return `INSPECT-${instance}`;
}
