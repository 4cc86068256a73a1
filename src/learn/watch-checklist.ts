/** The guide's buttons as a list that fills while a person presses them; how it looks on a terminal. Pure. */

import { cleanLine } from '../lib/text.ts';
import { STAGES, type Stage } from '../release/lifecycle.ts';

export interface ChecklistRow {
  /** Absent for a button that the guide does not name. */
  readonly stage?: Stage;
  readonly button: string;
  readonly isPressed: boolean;
  /** The call that the button sent: `POST /app/publish/online`. */
  readonly call?: string;
}

/**
 * Other names of the guide's buttons: those of other tenants of the same product, and those of its Chinese pages
 * (docs/portal.md).
 */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  'Setting Whitelist': ['Set Whitelist', '设置白名单'],
  'Start Testing': ['Start Test', '开始测试'],
  'Set Grayscale': ['Set Canary Percentage', '设置灰度比例'],
  'Start Grayscale': ['Start Canary Release', '开始灰度'],
  'Officially Release': ['Official Release', '正式发布'],
  'Apply Release': ['申请发布'],
};

/** Buttons that only confirm the one before them. */
const CONFIRMATIONS = /^(ok|oke|okay|yes|ya|confirm|submit|continue|next|确\s?定|确\s?认|提\s?交|是)$/i;

/** What a person may leave out, or does only when something went wrong. */
const OPTIONAL: readonly Stage[] = ['upload', 'whitelist', 'grayscale', 'withdraw', 'rollback'];

const MAX_OTHERS = 12;
const MAX_BUTTON_CHARS = 80;
const MAX_CALL_CHARS = 100;

/** The guide's buttons, none of them pressed. */
export function newChecklist(): ChecklistRow[] {
  return (Object.keys(STAGES) as Stage[]).flatMap((stage) =>
    buttonsOf(STAGES[stage].portalWords).map((button) => ({ stage, button, isPressed: false })),
  );
}

/** Of "Apply Release, OK, OK": the buttons with a name of their own. "My Request" is a tab. */
function buttonsOf(portalWords: string): string[] {
  return portalWords.split(', ').filter((word) => !/^\(|^choose |^My Request$/.test(word) && !isConfirmation(word));
}

export function isConfirmation(button: string): boolean {
  return CONFIRMATIONS.test(button);
}

/** The list after a click on `button`. */
export function withClick(rows: readonly ChecklistRow[], button: string): ChecklistRow[] {
  return rows.map((row) => (isSame(row, button) ? { ...row, isPressed: true } : row));
}

/** The list after a write that `button` sent. A button that the guide does not name gets a row of its own. */
export function withCall(rows: readonly ChecklistRow[], button: string, call: string): ChecklistRow[] {
  if (rows.some((row) => isSame(row, button))) {
    return rows.map((row) => (isSame(row, button) ? { ...row, isPressed: true, call } : row));
  }
  if (rows.filter(({ stage }) => stage === undefined).length >= MAX_OTHERS) return [...rows];
  return [...rows, { button: cleanLine(button, MAX_BUTTON_CHARS), isPressed: true, call }];
}

function isSame(row: ChecklistRow, button: string): boolean {
  const names = [row.button, ...(OTHER_NAMES[row.button] ?? [])];
  return names.some((name) => folded(name) === folded(button));
}

function folded(text: string): string {
  return cleanLine(text, MAX_BUTTON_CHARS).toLowerCase().replace(/\s+/g, '');
}

/** A call in a line: without the base path, and with identifiers hidden. */
export function callLine(method: string, path: string, basePath: string): string {
  const short = path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : path;
  return cleanLine(`${method} ${short.replace(/\d{4,}/g, '{id}')}`, MAX_CALL_CHARS);
}

/** One row: `[x] Start Grayscale -> POST /app/publish/version/gray/start`. */
export function rowLine({ stage, button, isPressed, call }: ChecklistRow): string {
  const optional = stage && OPTIONAL.includes(stage) && !isPressed ? ' (optional)' : '';
  return `[${isPressed ? 'x' : ' '}] ${button}${optional}${call ? ` -> ${call}` : ''}`;
}
