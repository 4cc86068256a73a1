/** The guide's buttons as a list that fills while a person presses them; how it looks on a terminal. Pure. */

import { cleanLine } from '../lib/text.ts';
import { STAGES, type Stage } from '../release/lifecycle.ts';

export interface ChecklistRow {
  /** Absent for a button that the guide does not name. */
  readonly stage?: Stage;
  /** Absent for a call that followed no click. */
  readonly button?: string;
  readonly isPressed: boolean;
  /** The call that the button sent: `POST /app/publish/online`. */
  readonly call?: string;
}

/**
 * Other names of the guide's buttons: those of other tenants of the same product, and Chinese and Indonesian ones. The
 * guide is in English; only some of the Chinese ones were seen (docs/portal.md), the rest are translations.
 */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  'Add Version': ['新增版本', '添加版本', 'Tambah Versi'],
  'Upload by Files': ['Upload by File', '上传文件', '文件上传', 'Unggah File', 'Unggah Berkas'],
  Release: ['发布', 'Rilis'],
  'All No': ['全部否', '全否', 'Semua Tidak'],
  'Apply Release': ['Apply for Release', '申请发布', 'Ajukan Rilis', 'Minta Rilis'],
  'Setting Whitelist': ['Set Whitelist', '设置白名单', 'Atur Whitelist', 'Atur Daftar Putih'],
  'Start Testing': ['Start Test', '开始测试', 'Mulai Pengujian', 'Mulai Tes'],
  'Set Grayscale': ['Set Canary Percentage', '设置灰度', '设置灰度比例', 'Atur Grayscale'],
  'Start Grayscale': ['Start Canary Release', '开始灰度', '开始灰度发布', 'Mulai Grayscale'],
  'Officially Release': ['Official Release', '正式发布', 'Rilis Resmi'],
  Withdraw: ['撤回', 'Tarik', 'Tarik Kembali'],
  'Roll back': ['回滚', 'Kembalikan Versi'],
};

/** Buttons that only confirm the one before them. */
const CONFIRMATIONS =
  /^(ok|oke|okay|yes|ya|confirm|submit|continue|next|konfirmasi|kirim|lanjut|lanjutkan|确\s?定|确\s?认|提\s?交|继\s?续|下一步|好的?|是)$/i;

/** What a person may leave out, or does only when something went wrong. */
const OPTIONAL: readonly Stage[] = ['upload', 'whitelist', 'grayscale', 'withdraw', 'rollback'];

/** What is no part of the way to everyone. */
const WAYS_BACK: readonly Stage[] = ['withdraw', 'rollback'];

const MAX_OTHERS = 12;
const MAX_BUTTON_CHARS = 80;
const MAX_CALL_CHARS = 100;
const MAX_FIELDS = 6;

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

/**
 * The list after a write that `button` sent. A button that the guide does not name, and a call without a button, get a row
 * of their own.
 */
export function withCall(rows: readonly ChecklistRow[], button: string | undefined, call: string): ChecklistRow[] {
  if (button !== undefined && rows.some((row) => isSame(row, button))) {
    return rows.map((row) => (isSame(row, button) ? { ...row, isPressed: true, call } : row));
  }
  if (rows.filter(({ stage }) => stage === undefined).length >= MAX_OTHERS) return [...rows];
  if (button !== undefined) return [...rows, { button: cleanLine(button, MAX_BUTTON_CHARS), isPressed: true, call }];
  // With its fields or without: they are only shown the first time.
  const isKnown = rows.some((row) => row.call?.split(' {')[0] === call.split(' {')[0]);
  return isKnown ? [...rows] : [...rows, { isPressed: false, call }];
}

function isSame(row: ChecklistRow, button: string): boolean {
  if (row.button === undefined) return false;
  const names = [row.button, ...(OTHER_NAMES[row.button] ?? [])];
  return names.some((name) => folded(name) === folded(button));
}

/** Letters and digits alone: quotes, arrows and spaces around a text differ from page to page. */
function folded(text: string): string {
  const letters = cleanLine(text, MAX_BUTTON_CHARS)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
  return letters || text;
}

/**
 * A call in a line: without the base path, with identifiers hidden, and with the names of those fields that no call before
 * it carried (`known`, which they are added to): `POST /gray/start {..., ratio}`.
 */
export function callLine(
  { method, path, body }: { readonly method: string; readonly path: string; readonly body?: unknown },
  basePath: string,
  known: Set<string>,
): string {
  const short = path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : path;
  const line = cleanLine(`${method} ${short.replace(/\d{4,}/g, '{id}')}`, MAX_CALL_CHARS);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return line;
  const names = Object.keys(body).filter((name) => /^[a-z_][\w.-]{0,39}$/i.test(name) && !/\d{4}/.test(name));
  const fresh = names.filter((name) => !known.has(name));
  for (const name of fresh) known.add(name);
  const isAll = fresh.length === names.length && fresh.length <= MAX_FIELDS;
  const shown = [...(isAll ? [] : ['...']), ...fresh.slice(0, MAX_FIELDS)];
  return shown.length > 0 ? `${line} {${shown.join(', ')}}` : line;
}

/** The whole list, in lines: the guide's buttons, what else was sent, and what to press next. */
export function checklistLines(rows: readonly ChecklistRow[]): string[] {
  const others = rows.filter(({ stage }) => stage === undefined);
  return [
    ...rows.filter(({ stage }) => stage !== undefined).map(rowLine),
    ...(others.length > 0 ? ['', 'Not in the guide:', ...others.map(rowLine)] : []),
    '',
    ...nextLines(rows),
  ];
}

/** One row: `[x] Start Grayscale -> POST /app/publish/version/gray/start {..., ratio}`. */
function rowLine({ stage, button, isPressed, call }: ChecklistRow): string {
  if (button === undefined) return `[ ] (no button) -> ${call}`;
  const note = isPressed ? ' (no call)' : ' (optional)';
  const isNoted = isPressed ? call === undefined : stage !== undefined && OPTIONAL.includes(stage);
  return `[${isPressed ? 'x' : ' '}] ${button}${call ? ` -> ${call}` : ''}${isNoted ? note : ''}`;
}

/** What to press next: the rest of a step that was begun, or else the first button of each step that may follow. */
function nextLines(rows: readonly ChecklistRow[]): string[] {
  const way = rows.filter(({ stage }) => stage !== undefined && !WAYS_BACK.includes(stage));
  const last = way.findLastIndex(({ isPressed }) => isPressed);
  const after = way.slice(last + 1);
  const [next] = after;
  if (!next) return ['Next: press Enter here. Withdraw and Roll back can be watched too.'];
  const before = way[last]?.stage;
  if (next.stage === before) return [`Next: ${next.button}.`];
  const firsts = after.filter(({ stage }, index) => stage !== after[index - 1]?.stage);
  const required = firsts.findIndex(({ stage }) => stage !== undefined && !OPTIONAL.includes(stage));
  const choices = firsts.slice(0, required + 1).map(({ button }) => button);
  const list = [choices.slice(0, -1).join(', '), ...choices.slice(-1)].filter(Boolean).join(' or ');
  if (before === undefined) return [`Next: log in, then ${list}.`];
  if (before !== 'apply') return [`Next: ${list}.`];
  return [`Once it is approved: ${list}.`, 'Not today? Press Enter, and watch the rest later with --profile.'];
}
