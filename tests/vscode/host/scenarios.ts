import assert from "node:assert/strict";
import * as vscode from "vscode";
import { change, debug, event, file, inView, output, setting, until } from "./desk.ts";

const command = vscode.commands.executeCommand;

async function lenses(editor: vscode.TextEditor): Promise<string[]> {
  const found = await command<vscode.CodeLens[]>("vscode.executeCodeLensProvider", editor.document.uri, 50);
  return found.map(({ command: said, range }) => `${range.start.line + 1} ${said?.title ?? ""}`);
}

/** The errors at a document; the language server has a note at the crashed cell, too. */
function errors(editor: vscode.TextEditor): vscode.Diagnostic[] {
  const { Error: error } = vscode.DiagnosticSeverity;
  return vscode.languages.getDiagnostics(editor.document.uri).filter(({ severity }) => severity === error);
}

/** Two threads that are held at once: a command is about the one in view; lenses go with the program. */
async function threads(): Promise<void> {
  const text = [
    "import threading",
    "def work(name, by):",
    "    value = 6",
    "    print(name, value / by)",
    "both = [threading.Thread(target=work, args=(name, 0)) for name in ('a', 'b')]",
    "for each in both: each.start()",
    "for each in both: each.join()",
    "print('end')",
  ].join("\n");
  const editor = await file("threads.py", text);
  await debug(editor);
  const crashes = [await event("daifu/crash"), await event("daifu/crash")];
  await inView(4);
  const titles = await until("lenses", async () => {
    const found = await lenses(editor);
    return found.length > 0 ? found : undefined;
  });
  assert.deepEqual(titles.filter((title) => title.startsWith("4 ")).length, 4, titles.join());
  assert.ok(titles.includes("3 Run from here"), titles.join());
  const threadId = vscode.debug.activeStackItem?.threadId;
  await command("daifu.skip");
  const one = await event("daifu/recovered");
  assert.equal(one.body["threadId"], threadId);
  assert.ok(crashes.some(({ body }) => body["stopId"] === one.body["stopId"]));
  await until("the other thread's crash in view", () => {
    const item = vscode.debug.activeStackItem;
    return item !== undefined && item.threadId !== threadId ? item : undefined;
  });
  await change(editor, "value / by", "value * 7");
  await command("daifu.replaceCellAndContinue");
  await event("terminated");
  assert.match(output(), /^[ab] 42\nend\n$/);
  await until("no lenses", async () => ((await lenses(editor)).length === 0 ? true : undefined));
}

/** A refused edit: its diagnostic is at its place, and goes with the next edit; then the ways by line. */
async function refused(): Promise<void> {
  const text = [
    "def work():",
    "    total = 1",
    "    for each in [3, 2]:",
    "        total += each / 0",
    "    print('total', total)",
    "work()",
  ].join("\n");
  const editor = await file("refused.py", text);
  await debug(editor);
  await event("daifu/crash");
  await inView(4);
  await change(editor, "each / 0", "each / (");
  await command("daifu.replaceCellAndContinue");
  const [mark] = await until("diagnostic", () => {
    const found = errors(editor);
    return found.length > 0 ? found : undefined;
  });
  assert.equal(mark?.range.start.line, 3);
  assert.match(JSON.stringify(mark.code), /DFU0001/);
  await change(editor, "each / (", "each / 1");
  await until("no diagnostic", () =>
    errors(editor).length === 0 ? true : undefined,
  );
  await command("daifu.runFromHere", { line: 2 });
  await event("terminated");
  assert.match(output(), /total 6\.0/);
}

/** The mode `onSave`: a save by hand applies the edit, and the program goes on. */
async function onSave(): Promise<void> {
  await setting("mode", "onSave");
  try {
    const editor = await file("saved.py", "def work(x):\n    return x / 0\nprint(work(3))\n");
    await debug(editor);
    await event("daifu/crash");
    await inView(2);
    await until("running text", () => lenses(editor).then((found) => (found.length > 0 ? true : undefined)));
    await change(editor, "x / 0", "x * 3");
    await command("workbench.action.files.save");
    await event("terminated");
    assert.match(output(), /9/);
  } finally {
    await setting("mode", undefined);
  }
}

/** A child process has its crash in a session of its own, and commands find it. */
async function child(): Promise<void> {
  const text = [
    "import multiprocessing",
    "def work(x):",
    "    print('got', x / 0, flush=True)",
    "if __name__ == '__main__':",
    "    process = multiprocessing.get_context('spawn').Process(target=work, args=(8,))",
    "    process.start()",
    "    process.join()",
    "    print('exit', process.exitcode, flush=True)",
  ].join("\n");
  const editor = await file("child.py", text);
  await debug(editor, { redirectOutput: true });
  const { session } = await event("daifu/crash");
  assert.equal(session.parentSession?.name, "host");
  await inView(3);
  await change(editor, "x / 0", "x / 2");
  await command("daifu.replaceCellAndContinue");
  await event("daifu/recovered", (told) => told.session.id === session.id);
  await event("terminated", (told) => told.session.id !== session.id);
  assert.match(output(), /got 4\.0\n/);
  assert.match(output(), /exit 0\n/);
}

/**
 * Two children at crashes and their parent at a breakpoint go on by one command, by what was saved;
 * one that the edit cannot be applied to stays, with the reason at its place.
 */
async function together(): Promise<void> {
  const text = [
    "import multiprocessing",
    "def one(x):",
    "    return x / 0",
    "def two(x):",
    "    for each in [x]:",
    "        x = each / 0",
    "    return x",
    "def work(of):",
    "    print('got', of(8), flush=True)",
    "if __name__ == '__main__':",
    "    spawn = multiprocessing.get_context('spawn')",
    "    both = [spawn.Process(target=work, args=(each,)) for each in (one, two)]",
    "    for each in both: each.start()",
    "    both[0].join()",
    "    both[1].join()",
    "    print('exit', [each.exitcode for each in both], flush=True)",
  ].join("\n");
  const editor = await file("together.py", text);
  const place = new vscode.Location(editor.document.uri, new vscode.Position(13, 4));
  vscode.debug.addBreakpoints([new vscode.SourceBreakpoint(place)]);
  try {
    await debug(editor, { redirectOutput: true });
    await event("stopped", ({ body }) => body["reason"] === "breakpoint");
    const crashes = [await event("daifu/crash"), await event("daifu/crash")];
    const [one, two] = [3, 6].map((line) =>
      crashes.find(({ body }) => (body["cell"] as { line: number }).line === line),
    );
    assert.ok(one && two);
    await event("stopped", ({ session }) => session.id === one.session.id);
    await event("stopped", ({ session }) => session.id === two.session.id);
    await change(editor, "return x / 0", "return x / 2");
    await change(editor, "    for each in [x]:\n        x = each / 0", "    x = x / 4");
    await editor.document.save();
    await command("daifu.continueAll");
    await event("daifu/recovered", ({ session }) => session.id === one.session.id);
    await event("terminated", ({ session }) => session.id === one.session.id);
    assert.deepEqual(errors(editor).map(({ range }) => range.start.line), [4]);
    assert.doesNotMatch(output(), /exit/);
    await change(editor, "    x = x / 4", "    for each in [x]:\n        x = each / 4");
    await editor.document.save();
    await command("daifu.continueAll");
    await event("terminated", ({ session }) => session.parentSession === undefined);
    assert.match(output(), /got 4\.0\n[^]*got 2\.0\n[^]*exit \[0, 0\]\n/);
    assert.deepEqual(errors(editor), []);
  } finally {
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
  }
}

/** Breakpoints below an edit that adds a line are hit, where they are by then. */
async function breakpoints(): Promise<void> {
  const text = ["def work(x):", "    y = x / 0", "    y += 1", "    return y", "print(work(3))"].join("\n");
  const editor = await file("points.py", text);
  const place = new vscode.Location(editor.document.uri, new vscode.Position(2, 4));
  vscode.debug.addBreakpoints([new vscode.SourceBreakpoint(place)]);
  try {
    await debug(editor);
    await event("stopped");
    await inView(2);
    await change(editor, "    y = x / 0", "    by = 3\n    y = x / by");
    await command("daifu.replaceCellAndContinue");
    await event("stopped", ({ body }) => body["reason"] === "breakpoint");
    await inView(4);
    await command("workbench.action.debug.continue");
    await event("terminated");
    assert.match(output(), /2\.0/);
  } finally {
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
  }
}

/** The values at the ends of lines, and a function that returns another value. */
async function values(): Promise<void> {
  const text = ["def work(x):", "    name = 'n' * 3", "    return [x][name]", "print(work(3))"].join("\n");
  const editor = await file("values.py", text);
  await debug(editor);
  await event("daifu/crash");
  await inView(3);
  const { activeStackItem: item } = vscode.debug;
  assert.ok(item instanceof vscode.DebugStackFrame);
  const answer = (await item.session.customRequest("daifu/describe", {})) as { stopId: number };
  await command("daifu.restartFrame");
  await event("daifu/crash", ({ body }) => Number(body["stopId"]) > answer.stopId);
  await inView(3);
  await item.session.customRequest("daifu/resolve", { action: "return", value: "x * 5" });
  await event("terminated");
  assert.match(output(), /15/);
}

export const scenarios = { threads, refused, onSave, child, together, breakpoints, values };
