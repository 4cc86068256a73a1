/**
 * Draws a QR code as text, since GitHub's Markdown shows neither data-URI images nor inline SVG.
 *
 * Lines of a code block have gaps (line-height 1.45), which a camera sees as stripes. A `<kbd>` has lines of 10 px and
 * characters of 11 px, so half blocks touch on all sides. The text has the colour of the reader's theme, and a code
 * must be dark on light, so there is one code for each theme. Both can be scanned from a screenshot at scales 1 and 2.
 */

/** The width of the light border, in modules. */
const BORDER = 3;

/** The code for each theme, as a table in Markdown. Loads the library on demand. */
export async function drawQrCode(text: string): Promise<string> {
  const { encode } = await import('uqr');
  const { data } = encode(text, { ecc: 'L', border: BORDER });
  return `| light theme | dark theme |\n| --- | --- |\n| ${draw(data, true)} | ${draw(data, false)} |`;
}

/** Draws two rows of modules on a line; `inkIsDark`: whether characters stand for the dark modules. */
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

/** By the upper, then the lower half. The empty character must neither break the line nor collapse. */
const HALVES = [
  ['\u00a0', '▄'],
  ['▀', '█'],
];
