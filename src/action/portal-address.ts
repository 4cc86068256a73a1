/** Where the portal is: the inputs portal-url and portal-hosts. */

import { KNOWN_HOSTS, whyNotTrusted } from '../lib/trust.ts';
import type { SandboxOptions } from '../sandbox/options.ts';
import { Fault } from './fault.ts';

export type PortalAddress =
  | { readonly kind: 'url'; readonly origin: URL }
  | { readonly kind: 'sandbox'; readonly options: SandboxOptions };

/** Stands in for the address where it could not be read; no host can have this name (RFC 2606). */
export const NO_ADDRESS: PortalAddress = { kind: 'url', origin: new URL('https://invalid.invalid') };

const TAKES = 'https://host, or sandbox';

/**
 * `https://host`, a loopback address, or `sandbox?name=value&...`.
 * @param trustedHosts the hosts that may receive credentials
 * @throws {Fault} with everything that is wrong
 */
export async function parsePortalAddress(text: string, trustedHosts: readonly string[]): Promise<PortalAddress> {
  if (/^sandbox(\?|$)/.test(text)) return parseSandbox(text);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const why = url ? whyNoPortal(url, text, trustedHosts) : 'takes https://host (begin it with https://), or sandbox';
  if (why !== undefined) throw new Fault(TAKES, (shownText) => [`got ${shownText}; ${why}`]);
  return { kind: 'url', origin: new URL(url?.origin ?? text) };
}

/**
 * The hosts that may receive credentials: the known ones, and those of a list such as `a.example.com,
 * b.example.com:8443`.
 * @throws {Fault}
 */
export function parseHosts(text: string): readonly string[] {
  const hosts = text.split(/[\s,]+/).filter((host) => host !== '');
  if (!hosts.every((host) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/i.test(host))) {
    throw new Fault('host names, such as portal.example.com, separated by commas');
  }
  return [...KNOWN_HOSTS, ...hosts.map((host) => host.toLowerCase())];
}

async function parseSandbox(text: string): Promise<PortalAddress> {
  // Imported here, since a run against a real portal does not need the sandbox.
  const { parseSandboxUrl } = await import('../sandbox/options.ts');
  const parsed = parseSandboxUrl(text);
  if (parsed.ok) return { kind: 'sandbox', options: parsed.options };
  throw new Fault(TAKES, () => parsed.faults);
}

function whyNoPortal(url: URL, text: string, trustedHosts: readonly string[]): string | undefined {
  const afterScheme = text.slice(text.indexOf('//') + 2);
  if (!['http:', 'https:'].includes(url.protocol)) return `takes ${TAKES}`;
  if (text.includes('\\')) return 'takes https://host without backslashes';
  if (url.pathname !== '/' || url.search || url.hash || /[/?#]./.test(afterScheme)) {
    return `takes the portal's host alone, ${url.origin}; paths are the profile's`;
  }
  const why = whyNotTrusted(url, trustedHosts);
  if (!why) return undefined;
  return url.protocol === 'https:' && !url.username && !url.password
    ? `${why}. Name it in portal-hosts if it is meant`
    : `${why}; takes ${TAKES}`;
}
