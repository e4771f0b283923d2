import type { ReplicaOptions } from '@shale/replica';
import { InvalidArgumentError, Option } from 'commander';
import { CliError } from '../cli-error.js';

/** What is said of a cluster on the command line. */
export interface ReplicaFlags {
  readonly monitor?: readonly string[] | 'unchecked';
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** The options of all commands that go to a cluster. */
export function replicaOptions(): Option[] {
  return [
    new Option(
      '--monitor <addresses>',
      'monitoring addresses of all its servers, with commas between them, which are asked whether they sync what they ' +
        'acknowledge; unchecked where you have made sure of that',
    ).argParser(parseMonitors),
    new Option('--tls-ca <file>', 'certificates that the servers are trusted by'),
    new Option('--tls-cert <file>', 'certificate that the servers know you by'),
    new Option('--tls-key <file>', 'its key'),
  ];
}

/** What the help of these commands says of credentials: on a command line everybody on the machine could read them. */
export const HELP_OF_CREDENTIALS =
  '\nUser and password for the cluster are taken from NATS_USER and NATS_PASSWORD, a token from NATS_TOKEN.';

/** Whether a place is a replica, and no directory. */
export function isReplicaUrl(place: string): boolean {
  return /^(?:nats|tls):\/\//.test(place);
}

/** How to go to the cluster. Throws CLI_USAGE. */
export function readReplicaFlags(
  { monitor, tlsCa, tlsCert, tlsKey }: ReplicaFlags,
  env: NodeJS.ProcessEnv = process.env,
): ReplicaOptions {
  if (monitor === undefined) {
    throw new CliError('CLI_USAGE', 'the cluster has to be checked: --monitor is missing', {
      hint: 'Name the monitoring address of each server: --monitor http://host-1:8222,http://host-2:8222,http://host-3:8222',
    });
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new CliError('CLI_USAGE', '--tls-cert and --tls-key go together');
  const { NATS_USER: user, NATS_PASSWORD: pass, NATS_TOKEN: token } = env;
  const isTls = tlsCa !== undefined || tlsCert !== undefined;
  return {
    monitor,
    connection: {
      ...(user === undefined ? {} : { user }),
      ...(pass === undefined ? {} : { pass }),
      ...(token === undefined ? {} : { token }),
      ...(isTls
        ? {
            tls: {
              ...(tlsCa === undefined ? {} : { caFile: tlsCa }),
              ...(tlsCert === undefined ? {} : { certFile: tlsCert }),
              ...(tlsKey === undefined ? {} : { keyFile: tlsKey }),
            },
          }
        : {}),
    },
  };
}

function parseMonitors(text: string): readonly string[] | 'unchecked' {
  if (text === 'unchecked') return text;
  const addresses = text.split(',');
  if (addresses.every((each) => /^https?:\/\/[^\s/]/.test(each))) return addresses;
  throw new InvalidArgumentError('It must be addresses such as http://host-1:8222, or unchecked.');
}
