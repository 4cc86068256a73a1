/**
 * The section of CHANGELOG.md for a tag, as the notes of its GitHub release. Fails where there is none, so that no version
 * is published that users are told nothing of.
 *
 *     node scripts/release-notes.ts v1.2.3
 */

import { readFileSync } from 'node:fs';

/**
 * The text below `## 1.2.3 - 2026-01-31`, up to the next section. Its links, which start from the root of the repository,
 * become links to the files at the tag: on the page of a release they would lead nowhere.
 * @throws Error where the section is missing, has no date or holds nothing
 */
export function notesOf(changelog: string, tag: string, repositoryUrl: string): string {
  const version = tag.replace(/^v/, '');
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
  if (section === undefined) throw new Error(`CHANGELOG.md has no section "## ${version} - YYYY-MM-DD".`);
  const [heading = '', ...lines] = section.split('\n');
  if (!/^\S+ - \d{4}-\d{2}-\d{2}$/.test(heading)) throw new Error(`"## ${heading}" in CHANGELOG.md has no date.`);
  const notes = lines.join('\n').trim();
  if (notes === '') throw new Error(`"## ${heading}" in CHANGELOG.md holds nothing.`);
  return notes.replace(/\]\((?![a-z]+:)/g, `](${repositoryUrl}/blob/${tag}/`);
}

if (import.meta.main) {
  const [, , tag = ''] = process.argv;
  const { GITHUB_SERVER_URL = 'https://github.com', GITHUB_REPOSITORY = 'your-org/gopay-miniapp-release' } =
    process.env;
  const changelog = readFileSync(new URL('../CHANGELOG.md', import.meta.url), 'utf8');
  console.log(notesOf(changelog, tag, `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`));
}
