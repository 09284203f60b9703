type Variables = Readonly<Record<string, string | undefined>>;

const NAME = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=/;

/**
 * Reads a file of environment variables: `NAME=VALUE` on each line.
 *
 * A value may stand in quotes and then go over several lines; in double quotes `\n` and its like
 * are understood. Without quotes it ends at ` #` or the line's end. `${OTHER}` stands for a
 * variable of the file above it or of `outside`, but not in single quotes. Other lines are left out.
 */
export function parseEnv(text: string, outside: Variables): Record<string, string> {
  const found: Record<string, string> = {};
  let rest = text.replace(/^\uFEFF/, "").replaceAll(/\r\n?/g, "\n");
  while (rest !== "") {
    const name = NAME.exec(rest.split("\n", 1)[0] ?? "");
    if (name?.[1] === undefined) {
      rest = behindLine(rest);
      continue;
    }
    const [value, after] = readValue(rest.slice(name[0].length), { ...outside, ...found });
    found[name[1]] = value;
    rest = after;
  }
  return found;
}

function behindLine(text: string): string {
  const end = text.indexOf("\n");
  return end < 0 ? "" : text.slice(end + 1);
}

function readValue(text: string, known: Variables): [string, string] {
  const quoted = /^[ \t]*(?:'([^']*)'|"((?:[^"\\]|\\[^])*)")/.exec(text);
  if (quoted !== null) {
    const [whole, single, double] = quoted;
    const value = single ?? expand(unescape(double ?? ""), known);
    return [value, behindLine(text.slice(whole.length))];
  }
  const line = text.split("\n", 1)[0] ?? "";
  return [expand(line.replace(/(?:^|\s)#.*$/, "").trim(), known), behindLine(text)];
}

function unescape(text: string): string {
  const meaning: Record<string, string> = { n: "\n", r: "\r", t: "\t" };
  return text.replaceAll(/\\([^])/g, (_, character: string) => meaning[character] ?? character);
}

function expand(text: string, known: Variables): string {
  return text.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_.-]*)\}/g, (_, name: string) => known[name] ?? "");
}
