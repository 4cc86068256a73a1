/**
 * Dialects that name a release by its ticket once it exists, in the path of REST addresses or in a body; and one without
 * an envelope, where the HTTP status says what happened and the response is the list or the release itself.
 */

import type { Dialect, DialectCall } from './dialects.ts';

const call = (method: string, path: string, sent?: Record<string, unknown>, more: object = {}): DialectCall => ({
  method,
  path,
  ...(sent && (method === 'GET' ? { query: sent } : { body: sent })),
  ...more,
});
const wordsOf = (list: readonly (string | number)[]) =>
  Object.fromEntries(
    ['INIT', 'APPROVE', 'REJECTED', 'CANCELLED', 'PASSED', 'BETA', 'GRAY_WAIT', 'GRAY', 'ONLINE', 'ARCHIVED'].map(
      (word, index) => [word, list[index] ?? ''],
    ),
  );
const NO_TEXTS = { versionStatusDesc: '', statusDesc: '' };
const RELEASE = '/releases/{publishId}';
const PAGE = { page: '{page}', size: '{pageSize}' };
const OFFSET = { offset: '{offset}', limit: '{pageSize}' };
const FROM_ZERO = { isFromZero: true };
const ROLLOUT = '/miniapp/{appId}/{channelCode}/rollouts';
const BODY = { publishId: '{publishId}' };
const WORDS = wordsOf([
  'NEW',
  'WITH_REVIEWER',
  'DECLINED',
  'TAKEN_BACK',
  'OKAYED',
  'FRIENDS',
  'STAGED',
  'SOME',
  'ALL',
  'BYGONE',
]);

export const RESOURCES: readonly Dialect[] = [
  {
    name: 'tickets in the path, pages from 0',
    pageSize: 2,
    base: '/api/v1',
    folds: {},
    calls: {
      listVersions: call('GET', '/apps/{appId}/versions', PAGE, FROM_ZERO),
      uploadPackage: call('POST', '/apps/{appId}/files', { space: '{spaceId}', version: '{version}' }),
      createVersion: call('POST', '/apps/{appId}/versions', { version: '{version}', file: '{artifact}' }),
      createRelease: call('POST', '/apps/{appId}/targets/{channelCode}/releases', {
        version: '{version}',
        note: '{releaseNotes}',
      }),
      listReleases: call('GET', '/apps/{appId}/targets/{channelCode}/releases', PAGE, FROM_ZERO),
      releaseHistory: call('GET', `${RELEASE}/events`),
      startApproval: call('POST', `${RELEASE}/review`),
      cancelApproval: call('DELETE', `${RELEASE}/review`),
      addWhitelist: call('POST', `${RELEASE}/testers`, { userIds: '{userIds}' }),
      startPilot: call('PUT', `${RELEASE}/test`),
      skipPilot: call('DELETE', `${RELEASE}/test`),
      setRatio: call('PATCH', RELEASE, { ratio: '{ratio:fraction-text}' }),
      startGrayscale: call('PUT', `${RELEASE}/rollout`),
      goOnline: call('PUT', `${RELEASE}/live`),
      cancelRelease: call('DELETE', RELEASE),
      rollback: call('POST', `${RELEASE}/restore`),
      login: call('POST', '/login', { username: '{username}', password: '{password}' }),
    },
    words: WORDS,
    fields: {
      ...NO_TEXTS,
      versionStatus: 'release.info.state',
      grayRatio: 'release.info.share',
      publishId: 'id',
      gmtModified: 'release.updatedAt',
    },
    ratio: 'fraction',
    time: 'text',
    ticket: (id) => `0f8fad5b-d9cb-469f-a165-${id.slice(-12)}`,
    envelope: (result, code, msg) => ({ code: code === '' ? 0 : 40001, msg, result }),
    list: (items) => ({ entries: items, total: items.length }),
  },
  {
    name: 'tickets in the body, and tries that fail',
    trouble: true,
    base: '/mp/gw',
    folds: { skipPilot: 'none' },
    calls: {
      listVersions: call('POST', '/version/list', { appId: '{appId}', ...PAGE }),
      uploadPackage: call('POST', '/file/upload', { appId: '{appId}', version: '{version}' }),
      createVersion: call('POST', '/version/add', {
        appId: '{appId}',
        spaceId: '{spaceId}',
        version: '{version}',
        artifactList: '{artifacts}',
      }),
      createRelease: call('POST', '/release/add', {
        appId: '{appId}',
        channelCode: '{channelCode}',
        version: '{version}',
        remark: '{releaseNotes}',
      }),
      findRelease: call('POST', '/release/detail', {
        appId: '{appId}',
        channelCode: '{channelCode}',
        version: '{version}',
      }),
      listReleases: call('POST', '/release/list', { appId: '{appId}', channelCode: '{channelCode}', ...PAGE }),
      releaseHistory: call('POST', '/release/logs', BODY),
      startApproval: call('POST', '/release/apply', BODY),
      cancelApproval: call('POST', '/release/recall', BODY),
      addWhitelist: call('POST', '/release/guest', { ...BODY, version: '{version}', uid: '{userId}' }),
      startPilot: call('POST', '/release/guest/open', BODY),
      setRatio: call('POST', '/release/part', { ...BODY, ratio: '{ratio}' }, { does: ['skipPilot', 'setRatio'] }),
      startGrayscale: call('POST', '/release/part/open', BODY, { does: ['skipPilot', 'startGrayscale'] }),
      goOnline: call('POST', '/release/full', BODY, { does: ['skipPilot', 'goOnline'] }),
      cancelRelease: call('POST', '/release/abort', BODY),
      rollback: call('POST', '/release/return', BODY),
      login: call('POST', '/user/enter', { name: '{username}', password: '{password}' }),
    },
    words: wordsOf([100, 110, 120, 130, 140, 150, 160, 170, 180, 190]),
    fields: { ...NO_TEXTS, grayRatio: 'percent', gmtModified: 'mtime' },
    ratio: 'text',
    time: 'seconds',
    ticket: (id) => `REL-2026-${id.slice(-6)}`,
    envelope: (data, code, errorMsg) => ({ success: code === '', data, errorCode: code, errorMsg, traceId: 't-1' }),
    list: (items, one) => (one ? (items[0] ?? null) : { items, totalCount: items.length }),
  },
  {
    name: 'no envelope, pages by offset, five operations folded',
    pageSize: 2,
    base: '/rest',
    folds: {
      uploadPackage: 'createVersion',
      createRelease: 'startApproval',
      addWhitelist: 'startPilot',
      setRatio: 'startGrayscale',
      skipPilot: 'goOnline',
    },
    calls: {
      listVersions: call('GET', '/miniapp/{appId}/builds', OFFSET),
      createVersion: call(
        'POST',
        '/miniapp/{appId}/builds/{version}',
        { space: '{spaceId}' },
        { does: ['uploadPackage', 'createVersion'], isUpload: true },
      ),
      listReleases: call('GET', ROLLOUT, OFFSET),
      findRelease: call('GET', `${ROLLOUT}/{version}`),
      releaseHistory: call('GET', `${ROLLOUT}/{version}/journal`),
      startApproval: call(
        'POST',
        `${ROLLOUT}/{version}/review`,
        { why: '{releaseNotes}' },
        { does: ['createRelease', 'startApproval'] },
      ),
      cancelApproval: call('DELETE', `${ROLLOUT}/{version}/review`),
      startPilot: call(
        'PUT',
        `${ROLLOUT}/{version}/pilot`,
        { guests: '{userIds}' },
        { does: ['addWhitelist', 'startPilot'] },
      ),
      startGrayscale: call(
        'PUT',
        `${ROLLOUT}/{version}/share`,
        { share: '{ratio:fraction-text}' },
        { does: ['skipPilot', 'setRatio', 'startGrayscale'] },
      ),
      goOnline: call('PUT', `${ROLLOUT}/{version}/live`, undefined, { does: ['skipPilot', 'goOnline'] }),
      cancelRelease: call('DELETE', `${ROLLOUT}/{version}`),
      rollback: call('POST', `${ROLLOUT}/{version}/revival`),
      login: call('POST', '/session', { login: '{username}', password: '{password}' }),
    },
    words: WORDS,
    fields: { ...NO_TEXTS, versionStatus: 'phase', grayRatio: 'share' },
    ratio: 'fraction',
    time: 'ISO',
    refusalStatus: 409,
    envelope: (data, error, message) => (error === '' ? (data ?? {}) : { error, message }),
    list: (items, one) => (one ? (items[0] ?? {}) : items),
  },
];
