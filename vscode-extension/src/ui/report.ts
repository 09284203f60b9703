import type { Crash } from "../common/protocol";

/** A crash in full, as Markdown. */
export function report(crash: Crash): string {
  const { cell, exception, frames, hint, operands, progress, resolutions } = crash;
  const where = cell.function === "" ? "" : ` in \`${cell.function}\``;
  const parts = [
    `# ${exception.type}`,
    "```text\n" + exception.message.replaceAll("```", "'''") + "\n```",
    `Held${where}, ${cell.path}, line ${cell.line}.`,
  ];
  if (hint !== "") {
    parts.push(hint);
  }
  if (operands.length > 0) {
    parts.push("## What the cell reads", table(["name", "value"], operands));
  }
  if (progress.length > 0) {
    const rows = progress.map(({ name, value }) => [name, value.toLocaleString("en")] as const);
    parts.push("## How far the run has come", table(["loop", "count"], rows));
  }
  if (frames.length > 0) {
    const rows = frames.map(
      (frame) => [frame.function, frame.resumable ? "yes" : frame.reason || "no"] as const,
    );
    parts.push("## The stack", table(["function", "can go on"], rows));
  }
  parts.push("## Ways on", resolutions.map((way) => `- ${WAYS[way] ?? way}`).join("\n"));
  return parts.join("\n\n") + "\n";
}

const WAYS: Readonly<Record<string, string>> = {
  replace: "edit the text, then *Replace cell and continue*",
  retry: "*Retry* the cell as it is, say after a value was mended in the Debug Console",
  skip: "*Skip* the cell",
  raise: "*Raise*: let the exception go on",
  return: "*Return...* a value from the function",
  goto: "*Run from here* at another cell",
  restartFrame: "*Save and restart frame*: call the function again with its arguments",
};

function table(heads: readonly [string, string], rows: readonly (readonly [string, string])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(heads), "|---|---|", ...rows.map(line)].join("\n");
}
