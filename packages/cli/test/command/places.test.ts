// Places as operators have them: volumes that are mount points, and a root that cannot be written. What is mounted is seen by
// the child alone, and goes with it.
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HANG_MS } from '../../../../test/support/patience.js';
import { COMMAND, ok, scratch } from '../support/shale.js';

const dir = scratch();
const unshare = ['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--mount'];

/** Runs a script in which `shale` is the command and `$1` a directory; what it mounts is its own. */
function mounted(script: string, folder: string) {
  mkdirSync(folder, { recursive: true });
  const shale = `shale() { ${JSON.stringify(process.execPath)} ${JSON.stringify(COMMAND)} "$@"; }; set -e; cd "$1";`;
  const [program = '', ...args] = [...unshare, 'sh', '-c', shale + script, 'sh', folder];
  const env = { ...process.env, NO_COLOR: '1' };
  const result = spawnSync(program, args, { encoding: 'utf8', timeout: HANG_MS, killSignal: 'SIGKILL', env });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

const canMount = mounted('mount -t tmpfs t .', join(dir, 'can')).status === 0;

it.runIf(canMount)(
  'where only the volume of the log can be written, rejected lines go to it, and go on there',
  () => {
    const folder = join(dir, 'read-only');
    mkdirSync(folder);
    writeFileSync(join(folder, 'in.ndjson'), '{"a":1}\nbad1\n');
    const { stdout, stderr } = mounted(
      `mkdir root; mount -t tmpfs t root; mkdir root/vol; mount -t tmpfs t root/vol; mount -o remount,ro root
     shale ingest root/vol in.ndjson --table t || test $? = 1
     printf 'bad2\\n{"a":2}\\n' >> in.ndjson
     shale ingest root/vol in.ndjson --resume || test $? = 1
     ls root root/vol/rejects; grep -c '"line"' root/vol/rejects/*; shale read root/vol t; shale verify root/vol -q`,
      folder,
    );
    expect(stderr).not.toMatch(/EROFS|gone/);
    expect(stdout.split('\n').slice(-7)).toEqual(
      ['vol', '', 'root/vol/rejects:', 'vol.in.ndjson.rejects.ndjson', '2', '{"a":1}', '{"a":2}', ''].slice(
        -7,
      ),
    );
  },
);

it.runIf(canMount)(
  'a backup is restored, and a log repaired, into a mount point, a new volume or a read-only directory',
  async () => {
    const folder = join(dir, 'mount-points');
    mkdirSync(folder);
    writeFileSync(join(folder, 'in.log'), 'one\ntwo\n');
    await ok(['ingest', 'log', 'in.log', '--table', 't'], { cwd: folder });
    await ok(['backup', 'log', 'bk'], { cwd: folder });
    appendFileSync(join(folder, 'in.log'), 'three\n');
    const { status, stdout, stderr } = mounted(
      `mkdir a b c root; mount -t tmpfs t a; mkdir a/lost+found
     mkdir same; mount --bind same b
     mount -t tmpfs t root; mkdir root/d root/e; mount -t tmpfs t root/d; mount -t tmpfs t root/e; mount -o remount,ro root
     mkdir c/lost+found
     for to in a b c root/d; do shale restore bk $to >/dev/null; shale read $to t; done
     shale repair log --to root/e >/dev/null 2>&1; shale read root/e t
     shale ingest a in.log --resume -q; shale read a t; ls -A a | grep -c partial || true`,
      folder,
    );
    expect(stderr).toBe('');
    const entries = ['one', 'two'];
    expect(stdout.split('\n')).toEqual([
      ...Array.from({ length: 5 }, () => entries).flat(),
      ...entries,
      'three',
      '0',
      '',
    ]);
    expect(status).toBe(0);
  },
);
