import {
  applyEdits,
  createScanner,
  type Edit,
  findNodeAtLocation,
  getNodeValue,
  type JSONPath,
  type Node,
  parseTree,
  SyntaxKind,
} from "jsonc-parser";

/** A configuration of another Python debugger. */
export interface Foreign {
  readonly name: string;
  /** Where it is in the file: `["configurations", 0]`. */
  readonly path: JSONPath;
  readonly offset: number;
}

const TYPES = ["debugpy", "python"];

/** Where configurations are: in a launch.json, and in a workspace file or in settings. */
const PLACES: readonly JSONPath[] = [["configurations"], ["launch", "configurations"]];

/** What means nothing to DaiFu's adapter, or the wrong thing. */
export const USELESS: readonly string[] = ["debugAdapterPath", "autoStartBrowser", "purpose"];

const PARSING = { allowTrailingComma: true };

/** Finds the configurations of a text that can be turned into DaiFu's. */
export function foreign(text: string): Foreign[] {
  const root = parseTree(text, [], PARSING);
  return root === undefined ? [] : PLACES.flatMap((place) => within(root, place));
}

function within(root: Node, place: JSONPath): Foreign[] {
  const list = findNodeAtLocation(root, [...place]);
  if (list?.type !== "array") {
    return [];
  }
  return (list.children ?? []).flatMap((node, index) => {
    const { type, name } = values(node);
    return typeof type === "string" && TYPES.includes(type)
      ? [
          {
            name: typeof name === "string" ? name : `configuration ${index + 1}`,
            path: [...place, index],
            offset: node.offset,
          },
        ]
      : [];
  });
}

function values(node: Node | undefined): Record<string, unknown> {
  return Object(node === undefined ? {} : (getNodeValue(node) as unknown)) as Record<string, unknown>;
}

/**
 * Turns configurations into DaiFu's and gives the whole new text. Everything else stays as it is,
 * comments and formatting included.
 */
export function convert(text: string, paths: readonly JSONPath[]): string {
  const root = parseTree(text, [], PARSING);
  const edits = paths.flatMap((path) => {
    const node = root === undefined ? undefined : findNodeAtLocation(root, [...path]);
    return node === undefined ? [] : changes(text, node);
  });
  return applyEdits(text, edits);
}

function changes(text: string, node: Node): Edit[] {
  const properties = (node.children ?? []).filter(({ children }) => children?.length === 2);
  const keyed = new Map(properties.map((each) => [String(each.children?.[0]?.value), each]));
  const gone = new Set(USELESS.map((name) => keyed.get(name)));
  const edits: Edit[] = [];
  const replace = (property: Node | undefined, name: string, value?: unknown): void => {
    const [key, old] = property?.children ?? [];
    if (key !== undefined && old !== undefined) {
      edits.push(at(key, JSON.stringify(name)));
      if (value !== undefined) {
        edits.push(at(old, value as string));
      }
    }
  };

  replace(keyed.get("type"), "type", '"daifu"');
  if (keyed.has("python")) {
    gone.add(keyed.get("pythonPath"));
  } else {
    replace(keyed.get("pythonPath"), "python");
  }
  const { request, host, port } = values(node);
  if (request === "attach" && port !== undefined && !keyed.has("connect") && !keyed.has("listen")) {
    const place = [...(host === undefined ? [] : [["host", host]]), ["port", port]];
    const inner = place.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
    replace(keyed.get("port"), "connect", `{ ${inner.join(", ")} }`);
    gone.add(keyed.get("host"));
  }
  const left = properties.filter((property) => gone.has(property));
  return [...edits, ...left.flatMap((property) => removal(text, property, properties, gone))];
}

function at({ offset, length }: Node, content: string): Edit {
  return { offset, length, content };
}

/**
 * Takes a property away: with its comma, and with its line if there is nothing else on it. The
 * last one takes the comma before it along.
 */
function removal(
  text: string,
  property: Node,
  all: readonly Node[],
  gone: ReadonlySet<Node | undefined>,
): Edit[] {
  const end = property.offset + property.length;
  const comma = commaBehind(text, end);
  const lineStart = text.lastIndexOf("\n", property.offset) + 1;
  const behind = /^[ \t]*(?:\r?\n)?/.exec(text.slice(comma ?? end))?.[0] ?? "";
  const alone = text.slice(lineStart, property.offset).trim() === "" && behind.endsWith("\n");
  const from = alone ? lineStart : property.offset;
  const to = (comma ?? end) + (alone || !behind.endsWith("\n") ? behind.length : 0);
  const edits: Edit[] = [{ offset: from, length: to - from, content: "" }];
  if (comma === undefined) {
    const before = all.slice(0, all.indexOf(property)).findLast((each) => !gone.has(each));
    const mark = before && commaBehind(text, before.offset + before.length);
    if (mark !== undefined) {
      edits.push({ offset: mark - 1, length: 1, content: "" });
    }
  }
  return edits;
}

/** The place right behind the comma that follows a place, if one does. */
function commaBehind(text: string, offset: number): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  return scanner.scan() === SyntaxKind.CommaToken
    ? scanner.getTokenOffset() + scanner.getTokenLength()
    : undefined;
}
