/** The repository's tags. */

import { allOf, type GitHub, orNothing, pages } from './client.ts';

/**
 * All tags, in no particular order. Needs the permission `contents: read`.
 * @throws what Octokit throws; runTask turns it into a GitHubError
 */
export async function listTags({ octokit, repo }: GitHub): Promise<string[]> {
  const tags = pages((page) => octokit.request('GET /repos/{owner}/{repo}/tags', { ...repo, ...page }));
  return (await allOf(tags)).map(({ name }) => name);
}

/** The commit that a tag points to, also through an annotated tag; undefined where the token sees no such tag. */
export async function commitOfTag(tag: string, gitHub: GitHub): Promise<string | undefined> {
  const { octokit, repo } = gitHub;
  const ref = await orNothing(
    octokit.request('GET /repos/{owner}/{repo}/git/ref/{ref}', { ...repo, ref: `tags/${tag}` }),
    gitHub,
  );
  let object: { type: string; sha: string } | undefined = ref?.data.object;
  // A tag may point to a tag.
  for (let depth = 0; object?.type === 'tag' && depth < MAX_TAG_DEPTH; depth++) {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/git/tags/{tag_sha}', {
      ...repo,
      tag_sha: object.sha,
    });
    object = data.object;
  }
  return object?.type === 'commit' ? object.sha : undefined;
}

const MAX_TAG_DEPTH = 5;
