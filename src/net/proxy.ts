/** The proxy variables of the environment, in the one form that every reader of them understands. Imports nothing. */

const VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'];

/** No address: whoever looks for the proxy finds that there is one, and refuses it by the variable's name. */
const UNUSABLE = 'unusable:';

/**
 * The variables whose values are written otherwise: without a scheme (`localhost:3128`), which URL takes for a scheme
 * of its own, or with a `%` that begins no encoding. The toolkit reads either as no proxy at all.
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
