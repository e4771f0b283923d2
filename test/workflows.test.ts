// What the workflows of the repository may do.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.github', 'workflows');
const names = readdirSync(folder);
const textOf = (name: string) => readFileSync(join(folder, name), 'utf8');

/** The jobs of a workflow, by name: what stands below the name, as text. */
function jobsOf(text: string): Map<string, string> {
  const [, jobs = ''] = text.split(/^jobs:\n/m);
  const parts = jobs.split(/^ {2}([\w-]+):\n/m).slice(1);
  return new Map(parts.flatMap((part, i) => (i % 2 === 0 ? [[part, parts[i + 1] ?? '']] : [])));
}

describe.each(names)('the workflow %s', (name) => {
  const text = textOf(name);

  it('uses only actions that are pinned to a commit, with the release that it is of', () => {
    const uses = text.split('\n').filter((line) => /\buses:/.test(line));
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) expect(line).toMatch(/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('may read the repository, and no more but in the job that publishes', () => {
    expect(text).toMatch(/^permissions:\n {2}contents: read\n\n/m);
    for (const [job, steps] of jobsOf(text)) {
      if (job !== 'publish') expect(steps).not.toMatch(/^ +permissions:/m);
    }
  });

  it('calls scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const called = [...text.matchAll(/run: .*npm (?:run )?(?!pkg|view|publish)([\w:-]+)/g)].map(
      ([, script]) => script,
    );
    expect(called.length).toBeGreaterThan(0);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(called));
  });
});

describe('publishing', () => {
  const publishing = names.flatMap((name) =>
    [...jobsOf(textOf(name))].filter(([, steps]) => /npm publish/.test(steps)),
  );

  it('is one job, after the binaries were made and tried', () => {
    expect(publishing.map(([job]) => job)).toEqual(['publish']);
    expect(publishing[0]?.[1]).toMatch(/^ {4}needs: binary$/m);
    const binary = jobsOf(textOf('publish.yml')).get('binary');
    expect(binary).toMatch(/npm run prebuild[\s\S]*npm run matrix/);
  });

  it('never runs in a fork, and says where the packages come from', () => {
    const [, steps = ''] = publishing[0] ?? [];
    expect(steps).toMatch(/^ {4}if: \$\{\{ !github\.event\.repository\.fork \}\}$/m);
    expect(steps).toMatch(/^ {6}id-token: write$/m);
    expect(steps).toMatch(/npm publish \S+ --access public --provenance$/m);
    expect(steps).toMatch(/say-repository\.sh[\s\S]*npm run pack/);
  });

  it('is for tags alone', () => {
    expect(textOf('publish.yml')).toMatch(/^on:\n {2}push:\n {4}tags: \["v\*"\]\n\n/m);
  });
});
