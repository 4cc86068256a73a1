/** Finds the pull request that a release belongs to, and keeps one comment on it up to date. */

import { allOf, type GitHub, orNothing, pages, toGitHubError } from './client.ts';
import { commitOfTag } from './tags.ts';

/** How to find the pull request: the first of these that leads to one. */
export interface PullRequestClues {
  readonly number?: number | undefined;
  readonly tag?: string | undefined;
  readonly sha?: string | undefined;
}

/** The pull request's number; undefined where no clue leads to one. */
export async function findPullRequest(clues: PullRequestClues, gitHub: GitHub): Promise<number | undefined> {
  if (clues.number !== undefined) return clues.number;
  const tagged = clues.tag && (await commitOfTag(clues.tag, gitHub));
  for (const sha of new Set([tagged, clues.sha])) {
    const number = sha && (await pullRequestOfCommit(sha, gitHub));
    if (number) return number;
  }
  return undefined;
}

export interface Written {
  readonly id: number;
  readonly how: 'created' | 'updated';
}

/**
 * Writes the body into the token's own comment that begins with this marker line, or into a new one. Anybody can write
 * such a line, so the author counts too. `knownId` is of a comment that this run has written already.
 */
export async function writeComment(
  number: number,
  marker: string,
  body: string,
  gitHub: GitHub,
  knownId?: number,
): Promise<Written> {
  const { octokit, repo } = gitHub;
  const text = `${marker}\n${gitHub.redact(body)}`;
  const update = (id: number) =>
    octokit.request('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', {
      ...repo,
      comment_id: id,
      body: text,
    });
  // Somebody may have deleted the comment meanwhile.
  if (knownId !== undefined && (await orNothing(update(knownId), gitHub))) return { id: knownId, how: 'updated' };
  const own = await findOwnComment(number, marker, gitHub);
  if (own !== undefined) {
    await update(own);
    return { id: own, how: 'updated' };
  }
  const { data } = await octokit.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
    ...repo,
    issue_number: number,
    body: text,
  });
  return { id: Number(data.id), how: 'created' };
}

/** The one whose merge made the commit comes first; a fork's clone of the commit belongs to another repository. */
async function pullRequestOfCommit(sha: string, gitHub: GitHub): Promise<number | undefined> {
  const { octokit, repo } = gitHub;
  const list = pages((page) =>
    octokit.request('GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls', { ...repo, commit_sha: sha, ...page }),
  );
  const here = `${repo.owner}/${repo.repo}`.toLowerCase();
  const pulls = ((await orNothing(allOf(list), gitHub)) ?? []).filter(
    ({ base }) => !base?.repo || base.repo.full_name.toLowerCase() === here,
  );
  return (pulls.find((pull) => pull.merge_commit_sha === sha) ?? pulls[0])?.number;
}

/**
 * The newest comments first, a hundred to a request, each with whether this token wrote it
 * (docs.github.com/graphql/reference/objects#issuecomment).
 */
const COMMENTS_QUERY = `query ($owner: String!, $repo: String!, $number: Int!, $before: String) {
  repository(owner: $owner, name: $repo) {
    issueOrPullRequest(number: $number) {
      ... on PullRequest { comments(last: 100, before: $before) { ...page } }
      ... on Issue { comments(last: 100, before: $before) { ...page } }
    }
  }
}
fragment page on IssueCommentConnection {
  nodes { fullDatabaseId body viewerDidAuthor }
  pageInfo { hasPreviousPage startCursor }
}`;

interface CommentsPage {
  /** A comment may be null where it cannot be read. */
  readonly nodes: readonly ({ fullDatabaseId: string; body: string; viewerDidAuthor: boolean } | null)[];
  readonly pageInfo: { readonly hasPreviousPage: boolean; readonly startCursor: string | null };
}

type CommentsResponse = { repository: { issueOrPullRequest: { comments: CommentsPage } } };

/** By GraphQL, which says at once whose a comment is; by the REST list where the token or the server does not allow it. */
async function findOwnComment(number: number, marker: string, gitHub: GitHub): Promise<number | undefined> {
  try {
    return await findByQuery(number, marker, gitHub);
  } catch (cause) {
    if (toGitHubError(cause, gitHub.clock).transient) throw cause;
    return await findInList(number, marker, gitHub);
  }
}

async function findByQuery(number: number, marker: string, { octokit, repo }: GitHub): Promise<number | undefined> {
  const requested = new Set<string | null>();
  for (let before: string | null = null; !requested.has(before); ) {
    requested.add(before);
    const found: CommentsResponse = await octokit.graphql(COMMENTS_QUERY, { ...repo, number, before });
    const { nodes, pageInfo } = found.repository.issueOrPullRequest.comments;
    const own = nodes.findLast((node) => node?.viewerDidAuthor && firstLine(node.body) === marker);
    if (own) return Number(own.fullDatabaseId);
    if (!pageInfo.hasPreviousPage) return undefined;
    before = pageInfo.startCursor;
  }
  throw new Error('GitHub sent a list of comments that leads round in a circle.');
}

interface Comment {
  readonly id: number | bigint;
  readonly body?: string | undefined;
  readonly user: { readonly login: string } | null;
}

async function findInList(number: number, marker: string, gitHub: GitHub): Promise<number | undefined> {
  const { octokit, repo } = gitHub;
  const list = pages<Comment>((page) =>
    octokit.request('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', {
      ...repo,
      issue_number: number,
      ...page,
    }),
  );
  let author: string | undefined;
  for await (const comments of list) {
    for (const comment of comments.filter(({ body }) => firstLine(body ?? '') === marker)) {
      author ??= await ownLogin(gitHub);
      if (comment.user?.login.toLowerCase() === author) return Number(comment.id);
    }
  }
  return undefined;
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}

/**
 * Whose the token is, in lower case. `GET /user` refuses a job's token and an app's; GraphQL's viewer works for every
 * kind. Where GraphQL is refused, the token is most likely the job's own.
 */
async function ownLogin({ octokit, clock }: GitHub): Promise<string> {
  try {
    const { viewer } = await octokit.graphql<{ viewer: { login: string } }>('query { viewer { login } }');
    return viewer.login.toLowerCase();
  } catch (cause) {
    const error = toGitHubError(cause, clock);
    if (error.transient) throw error;
    return 'github-actions[bot]';
  }
}
