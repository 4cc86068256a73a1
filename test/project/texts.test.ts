/**
 * Every text that the code may show, as one list that a reviewer reads in a diff: the sentences of src, with `{}` where a
 * value is put in. After a change of wording: npx vitest run test/project/texts.test.ts -u
 */

import { globSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Node {
  readonly type?: string;
  readonly value?: unknown;
  readonly quasis?: readonly { readonly value: { readonly cooked: string } }[];
}

/** The string literals and templates below a node, in their order. */
function textsBelow(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { type, value, quasis } = node as Node;
  const own =
    type === 'Literal' && typeof value === 'string'
      ? [value]
      : type === 'TemplateLiteral' && quasis
        ? [quasis.map((part) => part.value.cooked).join('{}')]
        : [];
  return [...own, ...Object.values(node).flatMap(textsBelow)];
}

/** Words for people: a space between two words, and neither a selector nor code of the browser's pages. */
function isProse(text: string): boolean {
  return /\p{L}{2,}[,.:;)"']? [\p{L}{("]/u.test(text);
}

function textsOf(file: string): string[] {
  const program = parseAst(readFileSync(file, 'utf8'), { lang: 'ts' });
  return textsBelow(program).filter(isProse);
}

test('what the code says', async () => {
  const files = globSync('src/**/*.ts', { cwd: ROOT }).toSorted();
  const sections = files.flatMap((file) => {
    const texts = [...new Set(textsOf(`${ROOT}${file}`))];
    const name = relative('src', file).replaceAll('\\', '/');
    return texts.length === 0 ? [] : [`${name}\n${texts.map((text) => `  ${JSON.stringify(text)}`).join('\n')}\n`];
  });
  await expect(sections.join('\n')).toMatchFileSnapshot('texts.txt');
});
