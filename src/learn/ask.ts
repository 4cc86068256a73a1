/** What remains unsure, as questions on a terminal. */

import { createInterface } from 'node:readline/promises';
import { cleanLine } from '../lib/text.ts';
import type { Answers, Learned } from './findings.ts';

export interface Terminal {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Asks which call is an unsure operation, and which state an unsure word; without a terminal it asks nothing. */
export async function askAbout(learned: Learned, answers: Answers, { stdin, stdout }: Terminal): Promise<Answers> {
  const isUnsure = ({ verdict, candidates }: { verdict: string; candidates: readonly string[] }) =>
    verdict === 'unsure' && candidates.length > 0;
  const operations = learned.operations.filter(isUnsure);
  const words = learned.words.filter(isUnsure);
  if (operations.length + words.length === 0 || !stdin.isTTY || !stdout.isTTY) return answers;
  const is: Record<string, string> = { ...answers.is };
  const means: Record<string, string> = { ...answers.means };
  const lines = createInterface({ input: stdin, output: stdout });
  // The end of the input leaves the rest open; a last line that came with it still counts.
  const ended = new Promise<string>((resolve) => lines.once('close', () => setImmediate(resolve, '')));
  const choose = async (title: string, open: readonly string[]) => {
    if (open.length === 0) return undefined;
    const list = open.map((one, index) => `  ${index + 1}  ${cleanLine(one, 200)}\n`).join('');
    const question = `${title}\n${list}Number, or Enter to leave it open: `;
    const answer = lines.question(question).catch(() => '');
    return open[Number(await Promise.race([answer, ended])) - 1];
  };
  try {
    for (const { operation, candidates } of operations) {
      const taken = Object.values(is);
      const open = candidates.filter((one) => !taken.includes(one));
      const chosen = await choose(`Which call is ${operation}?`, open);
      if (chosen !== undefined) is[operation] = chosen;
    }
    for (const { word, candidates } of words) {
      const chosen = await choose(`Which state is ${cleanLine(word, 100)}?`, candidates);
      if (chosen !== undefined) means[word] = chosen;
    }
  } finally {
    lines.close();
  }
  return { is, means };
}
