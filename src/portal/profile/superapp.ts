// Generated from profiles/superapp.json by scripts/generate.ts. Change that, not this.

import type { Profile } from './shape.ts';

export const superapp: Profile = {
  name: 'superapp',
  basePath: '/rest/intercnn',
  envelope: {
    success: {
      at: 'success',
      equals: true,
    },
    errorCode: 'errorCode',
    errorMessage: 'errorMsg',
    traceId: 'traceId',
    notLoggedIn: {
      httpStatuses: [401],
      errorCodes: ['401'],
      messageContains: ['not login'],
      present: ['data.loginUrl'],
      redirectsTo: ['login', 'logon', 'signin', 'sign-in', 'passport'],
      pageContains: ['type=password'],
    },
  },
  credential: {
    in: 'cookie',
  },
  login: {
    by: 'call',
    page: ['/', '/login', '/superapp#/login'],
    username: '#username',
    password: '#password',
    done: '#/overview',
  },
  headers: {
    Origin: '{origin}',
    Referer: '{origin}/superapp',
  },
  preview: {
    mark: 'documented',
    scheme: 'gopay',
    hosts: {
      'miniapp.stg.midtrans.com': 'gopaystaging',
    },
  },
  pageSize: 50,
  whitelistBatch: 500,
  operations: {
    listVersions: {
      mark: 'observed',
      method: 'GET',
      path: '/app/version/query',
      query: {
        appId: '{appId}',
        spaceId: '{spaceId}',
        currentPage: '{page}',
        pageSize: '{pageSize}',
      },
      answer: ['data.list', 'data'],
      total: ['data.total'],
    },
    uploadPackage: {
      mark: 'observed',
      method: 'POST',
      path: '/app/version/uploadResource',
      form: {
        spaceId: '{spaceId}',
        appId: '{appId}',
        version: '{version}',
      },
      file: {
        field: 'file',
        name: '{appId}_v{version}.zip',
        contentType: 'application/zip',
      },
      answer: ['data.path'],
      otherwise: 'app/version/{appId}/{version}/{appId}_v{version}.zip',
    },
    createVersion: {
      mark: 'observed',
      method: 'POST',
      path: '/app/version/create',
      body: {
        appId: '{appId}',
        name: '{version}',
        version: '{version}',
        source: 'UPLOAD',
        artifactType: 'FILE',
        artifactList: '{artifacts}',
      },
    },
    createRelease: {
      mark: 'observed',
      method: 'POST',
      path: '/app/publish/version/create',
      body: {
        appId: '{appId}',
        channelCode: '{channelCode}',
        version: '{version}',
        changelog: '{releaseNotes}',
        artifactType: 'FILE',
        artifactList: '{artifacts}',
      },
    },
    startApproval: {
      mark: 'observed',
      method: 'POST',
      path: '/app/publish/version/startApprove',
      body: {
        appId: '{appId}',
        sourceSpaceId: '{spaceId}',
        channelCode: '{channelCode}',
        version: '{version}',
      },
    },
    findRelease: {
      mark: 'observed',
      method: 'GET',
      path: '/app/publish/version/query',
      query: {
        appId: '{appId}',
        channelCode: '{channelCode}',
        version: '{version}',
        currentPage: '{page}',
        pageSize: '{pageSize}',
      },
      answer: ['data.list', 'data'],
    },
    listReleases: {
      mark: 'inferred',
      method: 'GET',
      path: '/app/publish/version/query',
      query: {
        appId: '{appId}',
        channelCode: '{channelCode}',
        currentPage: '{page}',
        pageSize: '{pageSize}',
      },
      answer: ['data.list', 'data'],
      total: ['data.total'],
    },
    releaseHistory: {
      mark: 'observed',
      method: 'GET',
      path: '/app/publish/version/history/query',
      query: {
        appId: '{appId}',
        channelCode: '{channelCode}',
        version: '{version}',
      },
      answer: ['data.list', 'data'],
    },
    skipPilot: {
      mark: 'observed',
      method: 'POST',
      path: '/app/publish/version/gray/skipBeta',
      body: {
        appId: '{appId}',
        sourceSpaceId: '{spaceId}',
        channelCode: '{channelCode}',
        version: '{version}',
      },
    },
    goOnline: {
      mark: 'observed',
      method: 'POST',
      path: '/app/publish/online',
      body: {
        appId: '{appId}',
        sourceSpaceId: '{spaceId}',
        channelCode: '{channelCode}',
        version: '{version}',
      },
    },
    addWhitelist: {
      mark: 'inferred',
      method: 'POST',
      path: '/app/publish/version/gray/whitelist/add',
      body: {
        appId: '{appId}',
        sourceSpaceId: '{spaceId}',
        channelCode: '{channelCode}',
        version: '{version}',
        userIds: '{userIds}',
      },
    },
    startPilot: {
      mark: 'inferred',
      method: 'POST',
      path: '/app/publish/version/gray/startBeta',
      body: {
        appId: '{appId}',
        sourceSpaceId: '{spaceId}',
        channelCode: '{channelCode}',
        version: '{version}',
      },
    },
    setRatio: {
      mark: 'inferred',
      method: 'POST',
      path: '/app/publish/version/gray/setRatio',
      body: {
        appId: '{appId}',
        sourceSpaceId: '{spaceId}',
        channelCode: '{channelCode}',
        version: '{version}',
        ratio: '{ratio}',
      },
    },
    startGrayscale: {
      mark: 'inferred',
      method: 'POST',
      path: '/app/publish/version/gray/start',
      body: {
        appId: '{appId}',
        sourceSpaceId: '{spaceId}',
        channelCode: '{channelCode}',
        version: '{version}',
      },
    },
    cancelApproval: {
      mark: 'inferred',
      method: 'POST',
      path: '/app/publish/version/cancelApprove',
      body: {
        appId: '{appId}',
        sourceSpaceId: '{spaceId}',
        channelCode: '{channelCode}',
        version: '{version}',
      },
    },
    cancelRelease: {
      mark: 'inferred',
      method: 'POST',
      path: '/app/publish/version/cancel',
      body: {
        appId: '{appId}',
        sourceSpaceId: '{spaceId}',
        channelCode: '{channelCode}',
        version: '{version}',
      },
    },
    rollback: {
      mark: 'inferred',
      method: 'POST',
      path: '/app/publish/rollback',
      body: {
        appId: '{appId}',
        sourceSpaceId: '{spaceId}',
        channelCode: '{channelCode}',
        version: '{version}',
      },
    },
    login: {
      mark: 'inferred',
      method: 'POST',
      path: '/user/login',
      body: {
        username: '{username}',
        password: '{password}',
      },
    },
  },
  release: {
    version: {
      at: ['version', 'name'],
      mark: 'observed',
    },
    status: {
      at: ['versionStatus', 'status', 'approveStatus', 'publishStatus'],
      mark: 'observed',
    },
    publishId: {
      at: 'publishId',
      mark: 'inferred',
    },
    comment: {
      at: 'approveComment',
      mark: 'inferred',
    },
    ratio: {
      at: 'grayRatio',
      mark: 'inferred',
    },
    whitelistCount: {
      at: 'whitelistCount',
      mark: 'inferred',
    },
    modifiedAt: {
      at: 'gmtModified',
      mark: 'inferred',
    },
    targetApp: {
      at: 'channelCode',
      mark: 'inferred',
    },
    miniapp: {
      at: 'appId',
      mark: 'inferred',
    },
  },
  version: {
    version: {
      at: ['version', 'name'],
      mark: 'observed',
    },
    artifacts: {
      at: 'artifactList',
      mark: 'inferred',
    },
  },
  history: {
    type: {
      at: 'type',
      mark: 'observed',
    },
    operator: {
      at: 'operator',
      mark: 'inferred',
    },
    time: {
      at: 'time',
      mark: 'inferred',
    },
    comment: {
      at: 'comment',
      mark: 'inferred',
    },
  },
  statuses: {
    INIT: {
      state: 'created',
      mark: 'inferred',
    },
    APPROVE: {
      state: 'in-review',
      mark: 'observed',
    },
    REJECTED: {
      state: 'rejected',
      mark: 'inferred',
    },
    CANCELLED: {
      state: 'withdrawn',
      mark: 'inferred',
    },
    PASSED: {
      state: 'approved',
      mark: 'inferred',
    },
    BETA: {
      state: 'whitelist-testing',
      mark: 'inferred',
    },
    GRAY_WAIT: {
      state: 'rollout-ready',
      mark: 'inferred',
    },
    GRAY: {
      state: 'grayscale',
      mark: 'inferred',
    },
    ONLINE: {
      state: 'released',
      mark: 'inferred',
    },
    ARCHIVED: {
      state: 'archived',
      mark: 'inferred',
    },
  },
  refusals: {
    STATUS_NOT_ALLOWED: 'not-allowed-in-state',
    VERSION_EXISTS: 'exists-already',
    RELEASE_EXISTS: 'exists-already',
    VERSION_NOT_FOUND: 'version-not-found',
    RELEASE_NOT_FOUND: 'release-not-found',
    ANOTHER_RELEASE_IN_PROGRESS: 'another-under-way',
    FIRST_RELEASE: 'first-release',
    RATIO_MUST_INCREASE: 'ratio-must-increase',
    NO_PREVIOUS_RELEASE: 'nothing-to-roll-back-to',
  },
};
