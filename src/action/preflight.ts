/** Checks before the first request: the inputs with all their faults, and the files that they name. Nothing is sent. */

import { promises } from 'node:fs';
import type { RunDependencies } from '../dependencies.ts';
import { ReleaseError } from '../lib/errors.ts';
import { decodeText, resolveInWorkspace } from '../lib/paths.ts';
import { cookieSecrets, keepSecret } from '../lib/redaction/redactor.ts';
import { cleanLine } from '../lib/text.ts';
import { isOnlyReading, stageThatTakes } from '../release/lifecycle.ts';
import { outsiderEvent, type RunContext, WRITING_EVENTS } from './context.ts';
import { Fault } from './fault.ts';
import type { Inputs } from './inputs.ts';
import { plainTexts, readInputs, secretTexts } from './read-inputs.ts';
import { parseUserIds, possibleUserIds } from './user-ids.ts';

/**
 * Reads and checks the inputs. All secrets in them are redacted from then on.
 * @throws {ReleaseError} `input-invalid`, with every fault
 */
export async function checkedInputs(tools: RunDependencies): Promise<Inputs> {
  const { environment, context, log, redactor } = tools;
  const secrets = secretTexts(environment);
  const credentials = CREDENTIALS.map((name) => secrets[name] ?? '');
  redactor.addAll([...credentials, ...cookieSecrets(secrets['portal-session'] ?? '')], 'credential');
  const { inputs, faults: faultsOfInputs } = await readInputs(environment, tools.show);
  // Before the first mask: a text that is also a plain input of the step stays readable.
  redactor.keep(plainTexts(environment, faultsOfInputs));
  if (secrets['portal-session']) keepSecret(secrets['portal-session'], log, redactor);
  for (const secret of [secrets['portal-password'] ?? '', secrets['health-token'] ?? '']) {
    if (redactor.mayBeMasked(secret)) log.mask(secret);
  }
  const faults = [...faultsOfInputs, ...faultsOfEvent(inputs, context)];
  if (environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    faults.push(
      'NODE_TLS_REJECT_UNAUTHORIZED: got 0, which lets anyone read the credentials; use NODE_EXTRA_CA_CERTS.',
    );
  }
  if (faults.length > 0) {
    redactor.addAll(possibleUserIds(secrets['whitelist-ids'] ?? ''), 'id');
    throw inputInvalid(faults);
  }
  if (context.isHosted && inputs.approvalTimeoutMs > SIX_HOURS_MS) {
    log.warning(
      'approval-timeout is over 6 h, and a GitHub-hosted runner stops a job at 6 h. Use a shorter wait and a schedule: each run continues where the last one stopped.',
    );
  }
  return inputs;
}

/** Inputs that are secret whatever their length. */
const CREDENTIALS = ['portal-session', 'portal-username', 'portal-password', 'github-token', 'health-token'] as const;

const SIX_HOURS_MS = 6 * 3_600_000;

function inputInvalid(faults: readonly string[]): ReleaseError {
  const list = faults.map((fault) => `\n- ${fault}`).join('');
  return new ReleaseError('input-invalid', {
    found: `${faults.length === 1 ? 'One fault' : `${faults.length} faults`}:${list}\n`,
  });
}

/** Faults of an event that outsiders can cause: it must neither release anything nor choose which files are read. */
function faultsOfEvent(inputs: Inputs, context: RunContext): string[] {
  const event = outsiderEvent(context);
  if (!event) return [];
  const faults: string[] = [];
  if (!isOnlyReading(inputs.stages)) {
    faults.push(
      `stage: got ${inputs.stages.join(', ')}; on ${cleanLine(event, 60)} only status runs, since outsiders can cause such events. ` +
        `The other stages run on ${WRITING_EVENTS.join(', ')}, and on pull_request of the same repository.`,
    );
  }
  const files = {
    'portal-profile': inputs.portalProfile,
    package: inputs.package,
    'whitelist-file': inputs.whitelistFile,
  };
  for (const [name, value] of Object.entries(files)) {
    if (value) faults.push(`${name}: got a path; on ${cleanLine(event, 60)} no file of the workspace is read.`);
  }
  return faults;
}

/**
 * Reads the user IDs of input and file, without duplicates. They are redacted from then on.
 * @throws {ReleaseError} `input-invalid`
 */
export async function readUserIds(
  inputs: Inputs,
  { context, redactor, log }: RunDependencies,
): Promise<readonly string[]> {
  const ids = new Set(inputs.whitelistIds);
  if (inputs.whitelistFile && stageThatTakes('user-ids', inputs.stages)) {
    try {
      const path = await resolveInWorkspace(inputs.whitelistFile, context.workspace, 'file', context.tempDir);
      for (const id of parseUserIds(decodeText(await promises.readFile(path)))) ids.add(id);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw inputInvalid([`whitelist-file: ${error instanceof Fault ? `takes ${error.message}.` : error.message}`]);
    }
  }
  redactor.addAll([...ids], 'id');
  for (const id of [...ids].filter(redactor.mayBeMasked).slice(0, 100)) log.mask(id);
  return [...ids];
}
