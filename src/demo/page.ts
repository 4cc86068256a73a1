/**
 * The job summaries of the demo as a page, as GitHub draws them: tables, folded sections, the QR code and the picture of
 * the phases. Bundled into dist/demo, since the demo runs with nothing installed.
 */

import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

export interface Section {
  readonly title: string;
  readonly markdown: string;
}

/** A whole HTML page, which loads nothing. The Markdown is our own: its raw HTML is kept. */
export function pageOf(title: string, sections: readonly Section[]): string {
  const parts = sections.map(
    (section) => `<section><h2 class="step">${escaped(section.title)}</h2>\n${rendered(section.markdown)}</section>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<h1>${escaped(title)}</h1>
${parts.join('\n')}
</html>
`;
}

function rendered(markdown: string): string {
  const html = micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
  return html.replace(/<pre><code class="language-mermaid">([\s\S]*?)<\/code><\/pre>/g, (_, source: string) => {
    const nodes = [...source.matchAll(/\[&quot;(.*?)&quot;\]:::(\w+)/g)];
    return `<div class="phases">${nodes.map(([, name, kind]) => `<span class="${kind}">${name}</span>`).join('<b>→</b>')}</div>`;
  });
}

function escaped(text: string): string {
  return text.replace(/[&<]/g, (character) => (character === '&' ? '&amp;' : '&lt;'));
}

const STYLE = `
body { max-width: 64rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: #1f2328; background: #fff }
section { border: 1px solid #d1d9e0; border-radius: 8px; padding: 0 1.5rem 1rem; margin: 1.5rem 0 }
.step { color: #59636e; font-size: 1rem; border-bottom: 1px solid #d1d9e0; padding-bottom: .5rem }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto }
th, td { border: 1px solid #d1d9e0; padding: .35rem .8rem; text-align: left }
code, pre { font-family: ui-monospace, monospace; background: #f6f8fa; border-radius: 4px; padding: .1em .35em; overflow-x: auto }
pre { padding: 1rem } kbd { font-family: ui-monospace, monospace; line-height: 1; white-space: pre; font-size: 12px }
blockquote { margin: 1rem 0; padding-left: 1rem; border-left: 4px solid #d1d9e0; color: #59636e }
summary { cursor: pointer }
.phases { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: 1rem 0 }
.phases span { padding: .5rem .8rem; border-radius: 4px; color: #fff; font-size: .85rem }
.phases .done { background: #1a7f37 } .phases .now { background: #0969da } .phases .stopped { background: #cf222e }
.phases .later { background: #eaeef2; color: #24292f }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117 } section, th, td { border-color: #3d444d } code, pre { background: #151b23 }
  .phases .later { background: #3d444d; color: #e6edf3 }
}`;
