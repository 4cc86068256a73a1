/**
 * A QR code drawn as text, for GitHub's Markdown, which shows neither data-URI images nor inline SVG.
 *
 * Lines of a code block stand apart (line-height 1.45), and a camera sees stripes. A `<kbd>` has lines of 10 px and
 * characters of 11 px, so half blocks meet on all sides. The text's colour follows the reader's theme, and a code must
 * be dark on light: so there are two, and each theme has its own. Both decode from a screenshot at scales 1 and 2.
 */

/** Modules around the code that stay light. */
const BORDER = 3;

/** The code for each theme, as a table in Markdown. Loads its library only now. */
export async function drawQrCode(text: string): Promise<string> {
  const { encode } = await import('uqr');
  const { data } = encode(text, { ecc: 'L', border: BORDER });
  return `| light theme | dark theme |\n| --- | --- |\n| ${draw(data, true)} | ${draw(data, false)} |`;
}

/** Two rows of modules a line; `inkIsDark` says whether the drawn ones are the dark ones. */
function draw(modules: readonly (readonly boolean[])[], inkIsDark: boolean): string {
  const lines: string[] = [];
  for (let y = 0; y < modules.length; y += 2) {
    const below = modules[y + 1];
    const line = modules[y]?.map(
      (isDark, x) => HALVES[Number(isDark === inkIsDark)]?.[Number((below?.[x] ?? false) === inkIsDark)],
    );
    lines.push(line?.join('') ?? '');
  }
  return `<kbd>${lines.join('<br>')}</kbd>`;
}

/** By upper, then lower half. The empty one does not break and does not collapse. */
const HALVES = [
  ['\u00a0', '▄'],
  ['▀', '█'],
];
