// What a container makes of a process, made by Linux itself: a root that is read-only, PID 1, a user without rights.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Application, ES_MODULE } from './application.js';

const NOBODY = 65534;
const application = new Application();
const log = join(application.directory, 'data');

/** Whether namespaces can be made here, as by root. */
function canUnshare(): boolean {
  try {
    execFileSync('unshare', ['--mount', '--pid', '--fork', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

beforeAll(async () => {
  await application.install('npm');
  application.write(
    'main.mjs',
    `${ES_MODULE}
import { accessSync, constants, writeFileSync } from 'node:fs';
let root = 'read-only';
try { writeFileSync('/etc/shale-writes', ''); root = 'writable'; } catch {}
console.log('pid ' + process.pid, 'user ' + process.getuid(), 'root ' + root);`,
  );
  mkdirSync(log);
  chmodSync(application.directory, 0o755);
  chownSync(log, NOBODY, NOBODY);
});

afterAll(() => application.remove());

test.skipIf(!canUnshare())(
  'it runs as PID 1, as nobody, with a root of which only the log can be written to',
  async () => {
    const script = [
      `mount --bind ${log} ${log}`,
      // Every mount becomes read-only but that of the log, and /proc, which is new.
      'mount -o remount,bind,ro /',
      `for place in $(findmnt -rno TARGET | grep -v -e '^/$' -e '^/proc' -e '^/sys' -e '^/dev' -e '^${log}$'); do mount -o remount,bind,ro $place || true; done`,
      `exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups ${process.execPath} ${application.directory}/main.mjs`,
    ].join(' && ');
    const output = await application.run(
      'unshare',
      '--mount',
      '--pid',
      '--fork',
      '--mount-proc',
      'sh',
      '-c',
      script,
    );
    expect(output.split('\n').sort()).toEqual(['', 'entries 2', 'pid 1 user 65534 root read-only']);
  },
);
