/** The checklist on the terminal: drawn anew after each change, or as lines where the output is no terminal. */

import { cleanLine } from '../lib/text.ts';
import { type ChecklistRow, checklistLines } from './watch-checklist.ts';

type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

export interface Screen {
  begin(origin: string, rows: readonly ChecklistRow[]): void;
  update(rows: readonly ChecklistRow[]): void;
  note(line: string): void;
  end(): void;
}

export function startScreen(output: Output): Screen {
  let shown: readonly string[] = [];
  const isTerminal = output.isTTY === true;
  const width = () => Math.max(20, (output.columns ?? 80) - 1);
  const print = (lines: readonly string[]) => output.write(lines.map((line) => `${line}\n`).join(''));
  const fitting = (rows: readonly ChecklistRow[]) => {
    const lines = checklistLines(rows);
    if (!isTerminal) return lines;
    // The cursor reaches no line that has left the screen: of a long list the end is shown.
    return lines.slice(-Math.max(5, (output.rows ?? 24) - 1)).map((line) => cleanLine(line, width()));
  };

  return {
    begin(origin, rows) {
      print([
        `Watching ${origin}`,
        'Log in and do one release in the browser window, as the guide says.',
        'Press Enter here, or close the window, when you are done.',
        '',
      ]);
      shown = fitting(rows);
      print(shown);
    },
    update(rows) {
      const lines = fitting(rows);
      if (isTerminal) {
        // Up to the first row, and away with all below it.
        if (shown.length > 0) output.write(`\x1b[${shown.length}A\x1b[J`);
        print(lines);
      } else print(lines.filter((line) => !shown.includes(line)));
      shown = lines;
    },
    note(line) {
      print([line]);
      // What stands above the note stays there.
      if (isTerminal) print(shown);
    },
    end() {
      if (shown.length > 0) print(['']);
    },
  };
}
