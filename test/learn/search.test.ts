/** The search for the way through the lifecycle, on events by themselves. */

import { expect, test } from 'vitest';
import { WORD_STATES } from '../../src/learn/evidence.ts';
import { type Event, searchAll, WRITES } from '../../src/learn/search.ts';
import type { State, WriteOperation } from '../../src/release/lifecycle.ts';

test('a portal that ends the pilot phase with setRatio also releases an approved version directly', () => {
  const calls: readonly WriteOperation[] = ['setRatio', 'startGrayscale', 'goOnline'];
  const words: readonly Exclude<State, 'none'>[] = ['approved', 'rollout-ready', 'grayscale', 'released'];
  const call = (name: WriteOperation, version: number): Event => ({
    kind: 'call',
    shape: calls.indexOf(name),
    version,
  });
  const word = (state: Exclude<State, 'none'>, version: number): Event => ({
    kind: 'word',
    word: words.indexOf(state),
    version,
  });
  const [best] = searchAll(
    {
      events: [
        word('approved', 0),
        call('setRatio', 0),
        word('rollout-ready', 0),
        call('startGrayscale', 0),
        word('grayscale', 0),
        call('goOnline', 0),
        word('released', 0),
        word('approved', 1),
        call('goOnline', 1),
        word('released', 1),
      ],
      versions: 2,
      callWeights: calls.map(() => WRITES.map(() => 0)),
      wordWeights: words.map(() => WORD_STATES.map(() => 0)),
      fixedCalls: new Map(calls.map((name, shape) => [shape, WRITES.indexOf(name)])),
      fixedWords: new Map(words.map((state, index) => [index, WORD_STATES.indexOf(state)])),
    },
    20,
  );
  expect(best).toMatchObject({ skip: 'setRatio', conflicts: 0 });
});

test('what is seen first of another release is rather an official or an archived one', () => {
  const question = {
    events: [
      { kind: 'word', word: 0, version: 0 },
      { kind: 'word', word: 1, version: 1 },
    ] as const,
    versions: 2,
    callWeights: [],
    wordWeights: [0, 1].map(() => WORD_STATES.map(() => 0)),
    fixedCalls: new Map(),
    fixedWords: new Map(),
  };
  expect(searchAll(question, 1)[0]?.words).toEqual(
    ['released', 'archived'].map((state) => WORD_STATES.indexOf(state as State & 'released')),
  );
});
