/** profiles/superapp.json as TypeScript: JSON that is imported has no literal types, and a Profile needs them. */

const HEAD = `// Generated from profiles/superapp.json by scripts/generate.ts. Change that, not this.

import type { Profile } from './shape.ts';

`;

/** The module of the default profile, formatted as Biome does. */
export function profileModule(json: string): string {
  return `${HEAD}export const superapp: Profile = ${literal(JSON.parse(json), '')};\n`;
}

function literal(value: unknown, indent: string): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map((item) => literal(item, indent)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const inner = `${indent}  `;
  const lines = Object.entries(value).map(([name, part]) => `${inner}${key(name)}: ${literal(part, inner)},\n`);
  return `{\n${lines.join('')}${indent}}`;
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
}
