/** A sandbox portal with a wire before it, where a test counts, and answers otherwise what it wants. */

import { expect } from 'vitest';
import { OUTPUTS } from '../../src/report/outputs.ts';
import { runStep, type StepOptions, type StepResult } from './action.ts';
import { startPortal, type TestPortal, type TestPortalOptions } from './portal.ts';
import { type Answerer, startWire, type Wire } from './wire.ts';

export interface Scene {
  readonly portal: TestPortal;
  readonly wire: Wire;
  /** Runs a step through the wire; any inputs may be given otherwise. */
  step(inputs: Readonly<Record<string, string>>, options?: StepOptions): Promise<StepResult>;
}

export interface SceneOptions {
  readonly answer?: Answerer;
  readonly portal?: TestPortalOptions;
}

/** Every server is closed at the end, whichever it is; every step is checked for what each ending has to have. */
export async function withScene<T>(options: SceneOptions, act: (scene: Scene) => Promise<T>): Promise<T> {
  const portal = await startPortal(options.portal);
  const wire = await startWire(options.answer, portal.url);
  const step: Scene['step'] = async (inputs, stepOptions) => {
    const result = await runStep({ ...portal.inputs, 'portal-url': wire.url, ...inputs }, stepOptions);
    expectWhole(result);
    return result;
  };
  try {
    return await act({ portal, wire, step });
  } finally {
    await wire.close();
    await portal.close();
  }
}

/** What every ending has: each output, an exit code that fits, and one annotation of an error where it is red. */
export function expectWhole(result: StepResult): void {
  const { outputs, exitCode } = result;
  expect(Object.keys(outputs).sort()).toEqual(Object.keys(OUTPUTS).sort());
  const isGreen = ['succeeded', 'unchanged', 'planned'].includes(outputs.verdict);
  if (outputs.verdict !== 'pending') expect(exitCode).toBe(isGreen ? 0 : 1);
  expect(result.log.match(/^::error::/gm) ?? []).toHaveLength(exitCode === 0 ? 0 : 1);
  expect(outputs.message).not.toBe('');
  expect(result.summary).not.toBe('');
  for (const name of ['message', 'reason', 'portal-status'] as const) {
    expect(outputs[name]).toMatch(/^[^\n`$"'\\;|&<>(){}]{0,500}$/);
  }
}

/** The annotation's text, as a person reads it. */
export function annotation(result: StepResult, kind: 'error' | 'notice' | 'warning' = 'error'): string {
  const [, text = ''] = new RegExp(`^::${kind}::(.*)$`, 'm').exec(result.log) ?? [];
  return text.replaceAll('%0A', '\n').replaceAll('%0D', '\r').replaceAll('%25', '%');
}
