/** What the action does on GitHub. Loaded by a dynamic import, as a chunk of its own: few runs need all of it. */

export { runTask } from './client.ts';
export { writeDeployment } from './deployment.ts';
export { findPullRequest, writeComment } from './pull-request.ts';
export { listTags } from './tags.ts';
