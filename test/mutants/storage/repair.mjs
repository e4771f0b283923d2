/** Mutants of packages/storage: repair and backups. @type {import('../mutants.mjs').Mutant[]} */
export const repair = [
  {
    name: 'restore-into-mount-point',
    removes: 'that a mount point is filled in place',
    edits: [
      {
        file: 'packages/storage/src/targets/new-directory.ts',
        from: 'const isInside = await isFixed(target);',
        to: 'const isInside = (await isFixed(target)) && false;',
      },
    ],
    killers: ['packages/cli/test/command/places.test.ts'],
  },
  {
    name: 'position-without-sequence',
    removes: 'that a repair gives no sequence out again that a position is past',
    edits: [
      {
        file: 'packages/storage/src/repair/save-consumers.ts',
        from: 'if (isKept && found.position > 0n) book.raise(found.table, found.position);',
        to: '',
      },
    ],
    killers: ['packages/storage/test/consumers.test.ts'],
  },
  {
    name: 'repaired-id-without-entries',
    removes: 'that a repair keeps no id of entries which it could not save',
    edits: [
      {
        file: 'packages/storage/src/repair/save-append-ids.ts',
        from: 'return native({ path: target.path }, () => target.get(key)) !== null;',
        to: 'return native({ path: target.path }, () => target.get(key)) !== undefined;',
      },
    ],
    killers: ['packages/storage/test/append-ids.test.ts'],
  },
  {
    name: 'later-format-repaired',
    removes: 'the refusal to repair what this version does not know',
    edits: [
      {
        file: 'packages/storage/src/repair/run.ts',
        from: 'refuseLaterFormat(source, false);',
        to: '',
      },
    ],
    killers: ['test/versions.test.ts'],
  },
  {
    name: 'log-of-removed-backup',
    removes: 'the need to name the log of a backup that is to be removed, where there are backups of several',
    edits: [
      {
        file: 'packages/storage/src/backup/remove.ts',
        from: 'if (logs.size === 1) return;',
        to: 'if (logs.size > 0) return;',
      },
    ],
    killers: ['packages/storage/test/remove-backup.test.ts'],
  },
  {
    name: 'repair-of-single-trims',
    removes: 'the report that a damaged file held deletions of single entries',
    edits: [
      {
        file: 'packages/storage/src/repair/gather.ts',
        from: 'check.deletions > check.rangeDeletions || check.entries',
        to: 'check.entries',
      },
    ],
    killers: ['packages/cli/test/command/repair.test.ts'],
  },
  {
    name: 'no-older-backup-in-silence',
    removes: 'the refusal to restore an older backup where the newest one is damaged',
    edits: [
      {
        file: 'packages/storage/src/backup/choose.ts',
        from: '(newest === undefined || options.allowOlder !== true)',
        to: 'newest === undefined',
      },
    ],
    killers: ['packages/storage/test/backups.test.ts'],
  },
  {
    name: 'workspace-of-a-checkpoint',
    removes: 'the directory of its own in which a checkpoint grows',
    edits: [
      {
        file: 'packages/storage/src/checkpoint.ts',
        from: 'db.checkpoint(workspace.result)',
        to: 'db.checkpoint(target)',
      },
      {
        file: 'packages/storage/src/checkpoint.ts',
        from: '    await moveIntoPlace(workspace);\n',
        to: '    void moveIntoPlace;\n',
      },
    ],
    killers: ['packages/storage/test/targets.test.ts'],
  },
  {
    name: 'repair-promise',
    removes: 'what the watermark says of the end of the log, when a log is repaired',
    edits: [
      {
        file: 'packages/storage/src/repair/missing-writes.ts',
        from: 'if (promised >= next) gaps',
        to: 'if (promised < 0n) gaps',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'repair-unknown-files',
    removes: 'the doubt whether all table files are there when there is no manifest to say so',
    edits: [
      {
        file: 'packages/storage/src/repair/old-database.ts',
        from: 'if (isWhole && !isStale) return null;',
        to: 'if (isWhole || !isStale) return null;',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'repair-keeps-files',
    removes: 'the files that are left out of the manifest when the others are taken over',
    edits: [
      {
        file: 'packages/storage/src/repair/keep-files.ts',
        from: 'copyManifestWithout(from, manifest, lost, to)',
        to: 'copyManifestWithout(from, manifest, [], to)',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'repair-keeps-no-sequence',
    removes: 'the look through the tables that a file which is left out may have held entries of',
    edits: [
      {
        file: 'packages/storage/src/repair/keep-files.ts',
        from: 'damage.spans.push({ ...lostWhole(old, name, message),',
        to: 'void ({ ...lostWhole(old, name, message),',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'repair-lost-trims',
    removes: 'the word that trims may have been in a file that is lost',
    edits: [
      {
        file: 'packages/storage/src/repair/lost-file.ts',
        from: 'most: old.most, hadTrims: true, message',
        to: 'most: old.most, hadTrims: false, message',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'repair-flushed-logs',
    removes: 'the look into flushed log files for what a lost table file had',
    edits: [
      {
        file: 'packages/storage/src/repair/gather.ts',
        from: 'old.unknown !== null || damage.spans.length > 0 || this',
        to: 'old.unknown !== null && damage.spans.length > 0 && this',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
  {
    name: 'repair-flushed-logs-alone',
    removes: 'that a flushed log file is taken only when what came after it is known',
    edits: [
      {
        file: 'packages/storage/src/repair/flushed-logs.ts',
        from: 'run.last + 1n < next',
        to: 'run.last + 1n < 0n',
      },
    ],
    killers: ['packages/storage/test/repair.test.ts'],
  },
];
