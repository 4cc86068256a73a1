/**
 * A kept-alive connection through a proxy (CONNECT, RFC 9110, 9.3.6). Not by the package tunnel: that one opens a
 * tunnel for each request, cannot be closed, and makes Node print a warning of deprecation on every run.
 */

import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import { NotSent, reasonOf } from './failure.ts';

const CONNECT_TIMEOUT_MS = 30_000;

/** An agent for https addresses through a proxy, whose user name and password are decoded. */
export function createTunnelAgent(proxy: URL, pool: https.AgentOptions): https.Agent {
  const agent = new https.Agent(pool);
  const opening = new Set<http.ClientRequest>();
  const destroy = agent.destroy.bind(agent);
  agent.destroy = () => {
    for (const request of opening) request.destroy();
    destroy();
  };
  agent.createConnection = (options, callback) => {
    const request = openTunnel(proxy, `${options.host}:${options.port}`, (error, socket) => {
      opening.delete(request);
      if (socket) callback?.(null, tls.connect({ ...(options as tls.ConnectionOptions), socket }));
      // The type wants a stream always; Node accepts none together with an error.
      else (callback as ((error: Error | null) => void) | undefined)?.(error);
    });
    opening.add(request);
    return undefined;
  };
  return agent;
}

/** Opens a tunnel to `target` (`host:port`); `done` gets the socket or a NotSent. Times out after 30 s. */
export function openTunnel(
  proxy: URL,
  target: string,
  done: (error: Error | null, socket?: Socket) => void,
): http.ClientRequest {
  const isSecure = proxy.protocol === 'https:';
  const credentials = `${proxy.username}:${proxy.password}`;
  const request = (isSecure ? https : http).request({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: Number(proxy.port) || (isSecure ? 443 : 80),
    method: 'CONNECT',
    path: target,
    agent: false,
    timeout: CONNECT_TIMEOUT_MS,
    headers: {
      host: target,
      ...(credentials !== ':' && {
        'proxy-authorization': `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`,
      }),
    },
  });
  request.on('connect', (response, socket: Socket) => {
    if (response.statusCode === 200) return done(null, socket);
    socket.destroy();
    done(new NotSent(new Error(`the proxy responded ${response.statusCode} to CONNECT`)));
  });
  request.on('timeout', () => request.destroy(new Error('the proxy does not respond')));
  request.on('error', (error) =>
    done(new NotSent(new Error(`the proxy cannot be used: ${reasonOf(error)}`, { cause: error }))),
  );
  request.end();
  return request;
}
