import { afterAll, describe, expect, test } from 'vitest';
import { Application, COMMON_JS, ES_MODULE } from './application.js';

describe.each(['npm', 'pnpm'] as const)('an application that %s has installed', (manager) => {
  const application = new Application();
  afterAll(() => application.remove());

  test('runs as ES module and CommonJS', async () => {
    await application.install(manager);
    application.write('main.mjs', ES_MODULE);
    application.write('main.cjs', COMMON_JS);
    expect(await application.run(process.execPath, 'main.mjs')).toBe('entries 2\n');
    expect(await application.run(process.execPath, 'main.cjs')).toBe('entries 4\n');
  });
});
