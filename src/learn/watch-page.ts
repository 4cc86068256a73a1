/**
 * What runs in the pages of the portal: it reports the visible text of each button that is clicked, and does nothing
 * else. The function is sent to the browser as its source, so it stands alone. It runs in a world of its own, which the
 * page's scripts neither see nor change.
 */

interface Clicked {
  readonly innerText?: string;
  readonly value?: string;
  matches?(selector: string): boolean;
  getAttribute?(name: string): string | null;
}

interface Window {
  readonly origin: string;
  addEventListener(type: 'click', listener: (event: { composedPath(): Clicked[] }) => void, capture: true): void;
  [binding: string]: unknown;
}

/** Reports to the function `binding` of its world, for pages of `origin` only. */
export function reportClicks(origin: string, binding: string): void {
  const page = globalThis as unknown as Window;
  if (page.origin !== origin) return;
  const buttons =
    'button, a, summary, input[type=submit], input[type=button], [role=button], [role=link], [role=menuitem], [role=tab], [role=option]';
  page.addEventListener(
    'click',
    (event) => {
      const button = event.composedPath().find((element) => element.matches?.(buttons));
      if (!button) return;
      // Of inputs only buttons are met here, whose value is the text that they show.
      const own = button.matches?.('input') ? button.value : button.innerText;
      const text = own?.trim() || button.getAttribute?.('aria-label') || button.getAttribute?.('title') || '';
      const line = text.replace(/\s+/g, ' ').trim().slice(0, 80);
      if (line) (page[binding] as (text: string) => void)(line);
    },
    true,
  );
}
