/**
 * Functions that run inside the login page. Each is sent to the browser as its source, so it uses no imports and no
 * helpers. Only the types are shared.
 */

interface Field {
  value: string;
  dispatchEvent(event: unknown): boolean;
  focus(): void;
}

interface Page {
  readonly location: { readonly origin: string; readonly href: string; readonly protocol: string };
  readonly document: { querySelectorAll(selector: string): Iterable<Visible> };
  readonly Event: new (type: string, options: { bubbles: boolean }) => unknown;
  getComputedStyle(element: Visible): { readonly visibility: string };
}

interface Visible {
  readonly textContent: string | null;
  getClientRects(): { readonly length: number };
  matches(selector: string): boolean;
}

/** How a login ended; undefined while it is still in progress. */
export type LoginSign =
  | { readonly kind: 'done' | 'captcha' | 'second-factor' | 'error-page' }
  | { readonly kind: 'refused'; readonly text: string }
  | undefined;

/**
 * Fills a field if the page still has that origin: both in one step, so that no navigation comes between. Uses the
 * prototype's setter and events, as frameworks that keep the value themselves expect.
 */
export function fillField(field: unknown, value: string, origin: string): boolean {
  const page = globalThis as unknown as Page;
  if (page.location.origin !== origin) return false;
  const input = field as Field;
  input.focus();
  const setter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(input), 'value')?.set;
  if (setter) setter.call(input, value);
  else input.value = value;
  for (const type of ['input', 'change']) input.dispatchEvent(new page.Event(type, { bubbles: true }));
  return true;
}

/** Whether the browser shows a page of its own, since the portal's could not be loaded. */
export function isErrorPage(): boolean {
  return (globalThis as unknown as Page).location.protocol === 'chrome-error:';
}

export interface Signs {
  readonly done: string;
  readonly origin: string;
  /** The login's own fields: no sign of a second factor. */
  readonly own: string;
  readonly captcha: string;
  readonly secondFactor: string;
  readonly message: string;
  /** Words of a refusal in a message, as a regular expression. */
  readonly refusal: string;
  /** A page may show the frame of a captcha for a moment: before this time (ms since 1970) it is no sign. */
  readonly settledMs: number;
}

/** Looks for the signs of an ended login. */
export function signOf(signs: Signs): LoginSign {
  const page = globalThis as unknown as Page;
  const visible = (selector: string) =>
    [...page.document.querySelectorAll(selector)].filter(
      (element) => element.getClientRects().length > 0 && page.getComputedStyle(element).visibility !== 'hidden',
    );
  // An error page of the browser, whose text is not the portal's.
  if (page.location.protocol === 'chrome-error:') return { kind: 'error-page' };
  if (page.location.origin === signs.origin && page.location.href.endsWith(signs.done)) return { kind: 'done' };
  const refusal = visible(signs.message).find(({ textContent }) =>
    new RegExp(signs.refusal, 'i').test(textContent ?? ''),
  );
  if (refusal) return { kind: 'refused', text: (refusal.textContent ?? '').slice(0, 500) };
  if (Date.now() < signs.settledMs) return undefined;
  if (visible(signs.secondFactor).some((element) => !element.matches(signs.own))) return { kind: 'second-factor' };
  if (visible(signs.captcha).length > 0) return { kind: 'captcha' };
  return undefined;
}
