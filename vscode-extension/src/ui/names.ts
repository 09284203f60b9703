/** The names in Python lines whose values may be worth showing. */

/** A name and where it stands, lines and columns from 0. */
export interface Name {
  readonly name: string;
  readonly line: number;
  readonly column: number;
}

const KEYWORDS = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except " +
    "finally for from global if import in is lambda nonlocal not or pass raise return try while " +
    "with yield self cls print"
  ).split(" "),
);

const TOKEN = /(?<string>[rbuf]*(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))|(?<comment>#[^\n]*)|(?<attribute>\.\s*[\p{L}_][\p{L}\p{N}_]*)|(?<name>[\p{L}_][\p{L}\p{N}_]*)|(?<number>\d[\w.]*)|(?<newline>\n)|(?<open>[([{])|(?<close>[)\]}])/giu;

/**
 * Finds the names in the lines of a function from its first to the one that is about to run, each once
 * a line. Called functions, attributes, keywords, strings and comments are left out, and lines beyond
 * `MOST` before the last.
 */
export function names(lines: readonly string[], last: number): Name[] {
  const first = Math.max(start(lines, last), last - MOST);
  const text = lines.slice(first, last + 1).join("\n");
  const found: Name[] = [];
  const seen = new Set<string>();
  let line = first;
  let begin = 0;
  let depth = 0;
  for (const match of text.matchAll(TOKEN)) {
    const { name, newline, string, open, close } = match.groups ?? {};
    depth += open !== undefined ? 1 : close !== undefined ? -1 : 0;
    if (newline !== undefined) {
      line += 1;
      begin = match.index + 1;
      seen.clear();
    } else if (string !== undefined) {
      const ends = string.split("\n").length - 1;
      line += ends;
      begin = ends > 0 ? match.index + string.lastIndexOf("\n") + 1 : begin;
    } else if (name !== undefined && !KEYWORDS.has(name) && !seen.has(name)) {
      const rest = text.slice(match.index + name.length);
      const argument = depth > 0 && /^\s*=(?!=)/.test(rest);
      if (!argument && !/^\s*\(/.test(rest)) {
        seen.add(name);
        found.push({ name, line, column: match.index - begin });
      }
    }
  }
  return found;
}

const MOST = 60;

const LONGEST = 40;

/** Types whose values say nothing. */
const DULL = new Set(["module", "function", "type", "method", "builtin_function_or_method", ""]);

/**
 * A value in a few characters: what is known of it as an operand of the crashed cell if it is long,
 * else its text, cut. Undefined for what is not worth showing.
 */
export function brief(
  { value, type }: { readonly value: string; readonly type: string },
  kind?: string,
): string | undefined {
  if (DULL.has(type)) {
    return undefined;
  }
  const text = value.replace(/\s+/g, " ");
  if (text.length <= LONGEST) {
    return text;
  }
  return kind ?? `${text.slice(0, LONGEST - 1)}…`;
}

/** The line of the `def` that a line is in, or the first line. */
function start(lines: readonly string[], last: number): number {
  const indent = (line: string): number => line.length - line.trimStart().length;
  let least = indent(lines[last] ?? "");
  for (let line = last - 1; line >= 0; line--) {
    const text = lines[line] ?? "";
    if (text.trim() === "" || text.trimStart().startsWith("#") || indent(text) >= least) {
      continue;
    }
    least = indent(text);
    if (/^\s*(?:async\s+)?def\b/.test(text)) {
      return line;
    }
    if (least === 0) {
      return 0;
    }
  }
  return 0;
}
