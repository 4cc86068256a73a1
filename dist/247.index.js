export const id = 247;
export const ids = [247];
export const modules = {

/***/ 9247:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   X: () => (/* binding */ openTunnel),
/* harmony export */   createTunnelAgent: () => (/* binding */ createTunnelAgent)
/* harmony export */ });
/* harmony import */ var node_http__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7067);
/* harmony import */ var node_https__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4708);
/* harmony import */ var node_tls__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(1692);
/* harmony import */ var _failure_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(379);
/**
 * A kept-alive connection through a proxy (CONNECT, RFC 9110, 9.3.6). Not by the package tunnel: that one opens a
 * tunnel for each request, cannot be closed, and makes Node print a warning of deprecation on every run.
 */




const CONNECT_TIMEOUT_MS = 30_000;
/** An agent for https addresses through a proxy, whose user name and password are decoded. */
function createTunnelAgent(proxy, pool) {
    const agent = new node_https__WEBPACK_IMPORTED_MODULE_1__.Agent(pool);
    const opening = new Set();
    const destroy = agent.destroy.bind(agent);
    agent.destroy = () => {
        for (const request of opening)
            request.destroy();
        destroy();
    };
    agent.createConnection = (options, callback) => {
        const request = openTunnel(proxy, `${options.host}:${options.port}`, (error, socket) => {
            opening.delete(request);
            if (socket)
                callback?.(null, node_tls__WEBPACK_IMPORTED_MODULE_2__.connect({ ...options, socket }));
            // The type wants a stream always; Node accepts none together with an error.
            else
                callback?.(error);
        });
        opening.add(request);
        return undefined;
    };
    return agent;
}
/** Opens a tunnel to `target` (`host:port`); `done` gets the socket or a NotSent. Times out after 30 s. */
function openTunnel(proxy, target, done) {
    const isSecure = proxy.protocol === 'https:';
    const credentials = `${proxy.username}:${proxy.password}`;
    const request = (isSecure ? node_https__WEBPACK_IMPORTED_MODULE_1__ : node_http__WEBPACK_IMPORTED_MODULE_0__).request({
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
    request.on('connect', (response, socket) => {
        if (response.statusCode === 200)
            return done(null, socket);
        socket.destroy();
        done(new _failure_js__WEBPACK_IMPORTED_MODULE_3__/* .NotSent */ .Y5(new Error(`the proxy answered ${response.statusCode} to CONNECT`)));
    });
    request.on('timeout', () => request.destroy(new Error('the proxy does not respond')));
    request.on('error', (error) => done(new _failure_js__WEBPACK_IMPORTED_MODULE_3__/* .NotSent */ .Y5(new Error(`the proxy cannot be used: ${(0,_failure_js__WEBPACK_IMPORTED_MODULE_3__/* .reasonOf */ .A3)(error)}`, { cause: error }))));
    request.end();
    return request;
}


/***/ })

};
