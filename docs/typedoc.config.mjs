// TypeDoc's own pages of every package, into docs/api: `npm run docs`. What is undocumented or unknown is an error.
import { OptionDefaults } from 'typedoc';

/** @type {Partial<import('typedoc').TypeDocOptions>} */
const config = {
  name: 'Shale',
  entryPoints: ['../packages/*'],
  entryPointStrategy: 'packages',
  packageOptions: {
    entryPoints: ['src/index.ts'],
    blockTags: [...OptionDefaults.blockTags, '@range'],
    excludeInternal: true,
    excludePrivate: true,
    disableSources: true,
    requiredToBeDocumented: [
      'Enum',
      'Variable',
      'Function',
      'Class',
      'Interface',
      'Method',
      'Accessor',
      'TypeAlias',
    ],
    validation: { notExported: true, invalidLink: true, notDocumented: true },
  },
  out: 'api',
  readme: '../README.md',
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
};

export default config;
