import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { notesOf } from '../../scripts/release-notes.ts';

const URL_OF_REPOSITORY = 'https://github.example/acme/action';
const CHANGELOG = `# Changelog

Text.

## Unreleased

- Not yet.

## 1.10.0 - 2026-03-01

### Added

- Ten, see [health](docs/health.md) and [the standard](https://semver.org).

## 1.1.0 - 2026-02-01

## 1.0.1

- No date.
`;
const notes = (tag: string) => notesOf(CHANGELOG, tag, URL_OF_REPOSITORY);

describe('the notes of a release', () => {
  test('are the section of its version, with links to the files at the tag', () => {
    expect(notes('v1.10.0')).toBe(
      `### Added\n\n- Ten, see [health](${URL_OF_REPOSITORY}/blob/v1.10.0/docs/health.md) and [the standard](https://semver.org).`,
    );
  });

  test.each([
    ['v1.1.0', 'holds nothing'],
    ['v1.0.1', 'has no date'],
    ['v1.0.0', 'has no section'],
    ['v1.1', 'has no section'],
    ['', 'has no section'],
  ])('%s is refused: it %s', (tag, why) => {
    expect(() => notes(tag)).toThrow(why);
  });
});

test('the changelog tells of the version in package.json, or of one to come', () => {
  const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
  const { version } = JSON.parse(read('package.json'));
  expect(read('CHANGELOG.md')).toMatch(
    new RegExp(`^## (Unreleased|${version.replaceAll('.', '\\.')} - .*)\\n\\n\\S`, 'm'),
  );
});
