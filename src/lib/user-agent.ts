/** The User-Agent of every request of the action: its own name, so that whoever runs a portal sees who calls it. */
export const USER_AGENT = 'gopay-miniapp-release (GitHub Action)';
