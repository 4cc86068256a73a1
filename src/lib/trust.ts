/** Which addresses may receive credentials. */

/** The portal's usual hosts, which may receive credentials without being in the input portal-hosts. */
export const KNOWN_HOSTS: readonly string[] = ['miniapp.midtrans.com', 'miniapp.stg.midtrans.com'];

/**
 * Whether the address is loopback: exactly localhost, 127.0.0.0/8 or [::1], as WHATWG URL writes them, not a name that
 * begins so.
 */
export function isLoopback(url: URL): boolean {
  return /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/.test(url.hostname);
}

/** Why an address may not receive credentials, or undefined where it may (promise 4). */
export function whyNotTrusted(url: URL, hosts: readonly string[]): string | undefined {
  if (url.username || url.password) return 'it carries a user name or password';
  if (isLoopback(url) && (url.protocol === 'http:' || url.protocol === 'https:')) return undefined;
  if (url.protocol !== 'https:') return 'it is not https';
  if (hosts.includes(url.host) || hosts.includes(url.hostname)) return undefined;
  return `the host ${url.host} is not among those that may receive credentials`;
}
