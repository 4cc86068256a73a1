/** The parts of a run, put together from its inputs. */

import type { Inputs } from './action/inputs.ts';
import type { TagSources, VersionSources } from './action/which-version.ts';
import type { RunDependencies } from './dependencies.ts';
import { type HealthGate, openHealthGate } from './drive/health-gate.ts';
import { someVersions } from './drive/observe.ts';
import { tagsOf } from './github/repository-tags.ts';
import { formatBytes } from './lib/format.ts';
import type { Package } from './package/package.ts';
import type { Portal } from './portal/port.ts';
import { isOnlyReading, stageThatTakes } from './release/lifecycle.ts';
import { type PlanOptions, whyUnknown } from './release/plan.ts';
import { liveOf, type Snapshot } from './release/snapshot.ts';

/** Where a version comes from that was asked for. */
export function tagSources(inputs: Inputs, run: RunDependencies): TagSources {
  return { tags: () => tagsOf(inputs, run), notice: (text) => void run.emit({ kind: 'notice', text }) };
}

/** Where the version may come from that no input and no event names. */
export function versionSources(portal: Portal, { context, log }: RunDependencies): VersionSources {
  return {
    packageVersion: async (path) => {
      const { packageVersion } = await import('./package/package.ts');
      return packageVersion(path, context.workspace, context.tempDir);
    },
    portalVersions: async () => (await someVersions(portal)).map(({ version }) => version),
    log: log.info,
  };
}

/**
 * The package that upload sends, checked; undefined where none is uploaded. The caller closes it.
 * @throws ReleaseError package-invalid
 */
export async function openBuild(inputs: Inputs, { context, log, emit }: RunDependencies): Promise<Package | undefined> {
  if (!inputs.package || !stageThatTakes('package', inputs.stages)) return undefined;
  const { openPackage } = await import('./package/package.ts');
  const build = await openPackage(inputs.package, context);
  log.info(
    `package: ${build.entries} ${build.entries === 1 ? 'entry' : 'entries'}, ${formatBytes(build.sizeBytes)}, SHA-256 ${build.sha256}`,
  );
  await emit({ kind: 'package', package: build });
  const { names, isSent } = build.clutter;
  const text = `The package holds what an operating system left in it: ${names}.`;
  if (names !== '' && isSent) await emit({ kind: 'notice', text });
  else if (names !== '') log.info(`left out of the package: ${names}`);
  return build;
}

/** What the inputs say of the plan. */
export function planOptions(
  inputs: Inputs,
  show: RunDependencies['show'],
  portal: Pick<Portal, 'folds' | 'whitelistBatch'>,
  userIds: readonly string[],
): PlanOptions {
  return {
    targetApp: inputs.targetAppName ?? inputs.targetApp,
    allowDowngrade: inputs.allowDowngrade,
    reapply: inputs.reapply,
    ratios: inputs.ratios,
    soakMs: inputs.soakMs ?? 0,
    soakMode: inputs.soakMode,
    folds: portal.folds ?? {},
    whitelist: { count: userIds.length, atOnce: portal.whitelistBatch },
    show,
  };
}

/** For a `status`: other releases whose status the profile does not map, where that hides which version is live. */
export function warningOfUnmapped(
  { stages, targetApp, targetAppName = targetApp }: Inputs,
  snapshot: Snapshot,
  show: RunDependencies['show'],
): string | undefined {
  const live = liveOf(snapshot);
  if (!isOnlyReading(stages.slice(0, 1)) || live.kind !== 'unknown') return undefined;
  const others = live.releases.filter(({ version, state }) => state === 'unknown' && version !== snapshot.version);
  if (others.length === 0) return undefined;
  const { found, todo } = whyUnknown(others, `on ${targetAppName}`, 'what may run', show);
  return `${found} ${todo}`;
}

/** The canary's health check, every response of which the record keeps; undefined where none was asked for. */
export async function healthGate(
  inputs: Inputs,
  version: string,
  run: RunDependencies,
): Promise<HealthGate | undefined> {
  const { clock, signal, log, redactor, show, emit, exchange } = run;
  const { miniappId, targetApp, soakMs = 0, soakMode } = inputs;
  if (inputs.healthUrl === undefined) return undefined;
  return openHealthGate({
    health: {
      template: inputs.healthUrl,
      miniappId,
      targetApp,
      version,
      conditions: inputs.healthWhen,
      token: inputs.healthToken,
      show,
      onProxyPassword: (password) => redactor.add(password, 'credential'),
      send: exchange,
    },
    onHealth: ({ ratioPercent }, health) => emit({ kind: 'health', ratioPercent, health, atMs: clock.now() }),
    clock,
    signal,
    intervalMs: inputs.healthIntervalMs,
    failures: inputs.healthFailures,
    soakMs,
    soakMode,
    log: log.info,
  });
}
