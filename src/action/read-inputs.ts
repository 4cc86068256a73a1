/** The runner's variables INPUT_* -> `Inputs`, with all faults at once. */

import { hyphenated, nearest } from '../lib/nearest.ts';
import { cleanLine } from '../lib/text.ts';
import { Fault } from './fault.ts';
import { brokenRules } from './input-rules.ts';
import {
  INPUT_NAMES,
  type InputName,
  type Inputs,
  type InputValues,
  inputRow,
  type ParseContext,
  propertyOf,
} from './inputs.ts';

/** Environment variables, by name. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/**
 * Reads every input, before anything is sent. Each fault names its input, what was given and what it takes; a secret is
 * never shown. Where there are faults, an input that could not be read has the value that it has when it is absent.
 *
 * @param show makes untrusted text fit to be shown
 */
export async function readInputs(
  variables: EnvironmentVariables,
  show: (untrusted: string) => string = String,
): Promise<{ readonly inputs: Inputs; readonly faults: readonly string[] }> {
  const read = (name: InputName, context?: ParseContext) => readInput(name, variables, show, context);
  const context: ParseContext = {
    tagPrefix: (await read('tag-prefix')).value as string,
    trustedHosts: (await read('portal-hosts')).value as readonly string[],
  };
  const results = await Promise.all(INPUT_NAMES.map((name) => read(name, context)));
  const values = Object.fromEntries(results.map(({ name, value }) => [propertyOf(name), value])) as InputValues;
  const inputs = inputsOf(values);
  const faulty = new Set(results.filter(({ faults }) => faults.length > 0).map(({ name }) => name));
  const text = (name: InputName) => textOf(name, variables) ?? '';
  const faults = [
    ...unknownInputs(variables),
    ...results.flatMap(({ faults: own }) => own),
    ...brokenRules({ inputs, text, isRead: (name) => text(name) !== '' && !faulty.has(name) }),
  ];
  return { inputs, faults };
}

/** The texts of the secret inputs that were given. A redactor needs them also where they have a fault. */
export function secretTexts(variables: EnvironmentVariables): Readonly<Partial<Record<InputName, string>>> {
  const secrets = INPUT_NAMES.filter((name) => inputRow(name).secret);
  return Object.fromEntries(secrets.map((name) => [name, givenText(name, variables)]).filter(([, text]) => text));
}

/**
 * The texts of the other inputs that were given and have no fault: nothing in them is a secret. An input with a fault is
 * left out, because a secret may have been given to it by mistake.
 */
export function plainTexts(variables: EnvironmentVariables, faults: readonly string[]): readonly string[] {
  const isFaulty = (name: InputName) => faults.some((fault) => fault.startsWith(`${name}:`));
  return INPUT_NAMES.filter((name) => !inputRow(name).secret && !isFaulty(name))
    .filter((name) => givenText(name, variables) !== inputRow(name).default)
    .map((name) => givenText(name, variables))
    .filter((text) => text !== '');
}

/** For the inputs of which the context is made; their parsers do not use it. */
const NO_CONTEXT: ParseContext = { tagPrefix: '', trustedHosts: [] };

interface ReadInput {
  readonly name: InputName;
  readonly value: unknown;
  readonly faults: readonly string[];
}

async function readInput(
  name: InputName,
  variables: EnvironmentVariables,
  show: (untrusted: string) => string,
  context = NO_CONTEXT,
): Promise<ReadInput> {
  const row = inputRow(name);
  const text = textOf(name, variables);
  if (text === undefined) return { name, value: row.ifAbsent, faults: [] };
  try {
    return { name, value: await row.parse(text, context), faults: [] };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const shownText = row.secret ? NOT_SHOWN : inQuotes(show(text));
    const faults = error.sentences(shownText).map((sentence) => `${name}: ${sentence}.`);
    const fallback = defaultOf(name);
    return { name, value: fallback === undefined ? row.ifAbsent : await row.parse(fallback, context), faults };
  }
}

function inputsOf({ portalUsername: username, portalPassword: password, ...values }: InputValues): Inputs {
  return { ...values, login: username && password ? { username, password } : undefined };
}

/** The trimmed text, or else the default; undefined where there is neither. */
function textOf(name: InputName, variables: EnvironmentVariables): string | undefined {
  const given = givenText(name, variables);
  // The runner sets the variable of an input that a workflow leaves out to its default: an empty one was given as empty.
  if (inputRow(name).mayBeEmpty && variables[variableOf(name)] !== undefined) return given;
  return given || defaultOf(name);
}

function givenText(name: InputName, variables: EnvironmentVariables): string {
  return variables[variableOf(name)]?.trim() ?? '';
}

/** The default as a text; undefined where there is none, or where it is an expression. */
function defaultOf(name: InputName): string | undefined {
  const { default: text } = inputRow(name);
  return text?.startsWith('${{') ? undefined : text;
}

function variableOf(name: InputName): string {
  return `INPUT_${name.toUpperCase()}`;
}

const NOT_SHOWN = 'a value that is not shown';

/**
 * The text in quotes. One with an @ is withheld, since it may be an address with a password, also where it does not
 * parse as one: `user:password@host` is a scheme and a path.
 */
function inQuotes(text: string): string {
  return text.includes('@') ? NOT_SHOWN : `"${cleanLine(text, 100)}"`;
}

/**
 * Faults of variables INPUT_* that belong to no input. The runner only warns of them, and a misspelt dry-run would
 * release. A variable such as INPUT_METHOD may be the machine's own: one that a shell can set, which takes letters,
 * digits and _ alone, is a fault only where it resembles the name of an input.
 */
function unknownInputs(variables: EnvironmentVariables): readonly string[] {
  return Object.keys(variables)
    .filter((key) => key.startsWith('INPUT_') && !INPUT_NAMES.some((name) => key.toUpperCase() === variableOf(name)))
    .flatMap((key) => {
      const given = key.slice('INPUT_'.length).toLowerCase();
      const near = meantInput(given);
      if (near === undefined && /^\w*$/.test(given)) return [];
      return `${cleanLine(given, 60)}: no such input${near ? `; did you mean ${near}?` : '.'}`;
    });
}

/** The input that a name resembles: one that is misspelt, cut off after a word, or has other words around it. */
function meantInput(given: string): InputName | undefined {
  const name = hyphenated(given.slice(0, 64)).replace(/^-|-$/g, '');
  const closest = nearest(name, INPUT_NAMES, (known) => known.length / 3);
  if (closest !== undefined) return closest;
  return INPUT_NAMES.find(
    (known) => known.startsWith(`${name}-`) || (known.includes('-') && `-${name}-`.includes(`-${known}-`)),
  );
}
