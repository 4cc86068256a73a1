/** Formats of durations, sizes and times, the same everywhere. */

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** `2 d 3 h`, `14 min 48 s`, `0 s`: the two largest units, rounded down to a second. */
export function formatDuration(ms: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, ms);
  for (const [name, unitMs] of UNITS) {
    const count = Math.floor(rest / unitMs);
    if (count > 0) parts.push(`${count} ${name}`);
    else if (parts.length > 0) break;
    rest -= count * unitMs;
    if (parts.length === 2) break;
  }
  return parts.join(' ') || '0 s';
}

/** `512 B`, `1.5 MB`: decimal units, one digit after the point. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const exponent = Math.min(Math.floor(Math.log10(bytes) / 3), 3);
  return `${(bytes / 1_000 ** exponent).toFixed(1)} ${['B', 'kB', 'MB', 'GB'][exponent]}`;
}

/** `2027-01-15 08:00 UTC`, from ms since 1970. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
