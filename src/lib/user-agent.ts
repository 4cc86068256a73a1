/** The User-Agent of every request: the action's name, so that the operators of a portal see who calls it. */
export const USER_AGENT = 'gopay-miniapp-release (GitHub Action)';
