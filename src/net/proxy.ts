/** The proxy variables of the environment in a form that @actions/http-client understands. Imports nothing. */

const VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'];

/** Not an address: proxyFor sees that a proxy is set, and rejects it by the name of the variable. */
const UNUSABLE = 'unusable:';

/**
 * New values for the variables that need one: those without a scheme (`localhost:3128`, where URL reads `localhost` as
 * the scheme), and those with a `%` that begins no encoding. @actions/http-client reads either as no proxy at all.
 */
export function readableProxies(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    VARIABLES.flatMap((name) => {
      const given = environment[name];
      const value = given?.trim() ? readable(given.trim()) : undefined;
      return value === undefined || value === given ? [] : [[name, value]];
    }),
  );
}

function readable(given: string): string {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${given.replace(/^\/\//, '')}`;
  const encoded = address.replace(/%(?![0-9a-f]{2})/gi, '%25');
  const value = isDecodable(encoded) ? encoded : address.replaceAll('%', '%25');
  return URL.canParse(value) ? value : UNUSABLE;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
