/** What the action does on GitHub. Always imported dynamically: it is a chunk of its own, which few runs need. */

export { runTask } from './client.ts';
export { writeDeployment } from './deployment.ts';
export { findPullRequest, writeComment } from './pull-request.ts';
export { listTags } from './tags.ts';
