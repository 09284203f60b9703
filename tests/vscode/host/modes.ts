/** What applies an edit beside the command, what is hinted at a breakpoint, and whose interpreter runs. */

import assert from "node:assert/strict";
import * as vscode from "vscode";
import { change, debug, event, events, file, inView, output, PYTHON_EXTENSION, setting, until } from "./desk.ts";
import type { Stand } from "./python.ts";

const command = vscode.commands.executeCommand;

/** The text of a file that runs in the session in view. */
async function running(editor: vscode.TextEditor): Promise<string> {
  const answer: unknown = await vscode.debug.activeDebugSession?.customRequest("daifu/held");
  return (answer as { texts: Record<string, string> }).texts[editor.document.uri.fsPath] ?? "";
}

async function autoSave(value: string | undefined): Promise<void> {
  const files = vscode.workspace.getConfiguration("files");
  await files.update("autoSaveDelay", value === undefined ? undefined : 100, vscode.ConfigurationTarget.Global);
  await files.update("autoSave", value, vscode.ConfigurationTarget.Global);
}

/** A program stopped at a breakpoint takes what is saved, by each value of `onSave`, and stays. */
async function saves(): Promise<void> {
  const text = ["def work(x):", "    y = x", "    return y + 0", "print('got', work(3))"].join("\n");
  const editor = await file("saves.py", text);
  const { document } = editor;
  const place = new vscode.Location(document.uri, new vscode.Position(1, 4));
  vscode.debug.addBreakpoints([new vscode.SourceBreakpoint(place)]);
  await setting("mode", "onSave");
  const save = async (): Promise<void> => {
    await command("workbench.action.files.save");
    await until("saved file", () => (document.isDirty ? undefined : true));
  };
  const takes = (line: string): Promise<unknown> =>
    until(`running ${line}`, async () => ((await running(editor)).includes(line) ? true : undefined));
  try {
    await debug(editor);
    await event("stopped");
    await inView(2);
    // Neither a save that applies nothing, nor one of nothing new.
    await setting("onSave", "never");
    await change(editor, "y + 0", "y + 1");
    await save();
    await setting("onSave", "manualIfDirty");
    await save();
    await setting("onSave", "manual");
    await save();
    await takes("y + 1");
    // By itself it is saved for those alone that want that, too.
    await autoSave("afterDelay");
    await change(editor, "y + 1", "y + 2");
    await until("saved by itself", () => (document.isDirty ? undefined : true));
    await setting("onSave", "allIfDirty");
    await change(editor, "y + 2", "y + 3");
    await takes("y + 3");
    await autoSave("off");
    await setting("onSave", "never");
    await change(editor, "y + 3", "y + 4");
    await save();
    await setting("onSave", "all");
    await save();
    await takes("y + 4");
    const paths = events("daifu/replaced").map(({ body }) => body["path"]);
    assert.deepEqual(paths, [1, 2, 3].map(() => document.uri.fsPath));
    await command("workbench.action.debug.continue");
    await event("terminated");
    assert.match(output(), /got 7/);
  } finally {
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    await autoSave(undefined);
    await setting("onSave", undefined);
    await setting("mode", undefined);
  }
}

/** At a breakpoint it stands behind functions when an edit takes effect; the command applies it. */
async function point(): Promise<void> {
  const text = [
    "def other(x):",
    "    return x",
    "def work(x):",
    "    for each in range(2):",
    "        x += each",
    "    return other(x)",
    "print('got', work(3))",
  ].join("\n");
  const editor = await file("point.py", text);
  const place = new vscode.Location(editor.document.uri, new vscode.Position(4, 8));
  vscode.debug.addBreakpoints([new vscode.SourceBreakpoint(place)]);
  try {
    await debug(editor);
    await event("stopped");
    await inView(5);
    await change(editor, "x += each", "x += 10 * each");
    await change(editor, "    return x\n", "    return -x\n");
    const whole = new vscode.Range(0, 0, editor.document.lineCount, 0);
    const hints = await until("hints", async () => {
      const found = await command<vscode.InlayHint[]>("vscode.executeInlayHintProvider", editor.document.uri, whole);
      return found.length === 2 ? found : undefined;
    });
    const told = hints.map(({ label, position }) => [
      position.line,
      typeof label === "string" ? label : label.map(({ value }) => value).join(""),
    ]);
    assert.deepEqual(told, [[0, "takes effect: next call"], [2, "takes effect: now"]]);
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    await command("daifu.replaceCellAndContinue");
    await event("terminated");
    assert.match(output(), /got -13/);
  } finally {
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
  }
}

/** Programs run on the interpreter that is chosen in the Python extension, also in an older way. */
async function interpreter(): Promise<void> {
  const stand = vscode.extensions.getExtension<Stand>(PYTHON_EXTENSION)?.exports;
  const { environments } = stand ?? {};
  const [other = "", own = ""] = [process.env["DAIFU_HOST_OTHER"], process.env["DAIFU_HOST_PYTHON"]];
  assert.ok(stand && environments && other !== "" && own !== "");
  const editor = await file("where ä.py", "import sys\nprint('on', sys.executable)\n1 / 0\n");
  const runs = async (python: string): Promise<void> => {
    await debug(editor);
    await event("daifu/crash");
    await inView(3);
    await command("daifu.skip");
    await event("terminated");
    assert.ok(output().includes(`on ${python}\n`), output());
  };
  try {
    await environments.updateActiveEnvironmentPath(other);
    await runs(other);
    delete stand.environments;
    await runs(own);
  } finally {
    stand.environments = environments;
    await environments.updateActiveEnvironmentPath(own);
  }
}

/** Where it is not clear which of several held threads is meant, it is asked. */
async function asked(): Promise<void> {
  const text = [
    "import threading",
    "def work(name):",
    "    print(name, 1 / 0)",
    "both = [threading.Thread(target=work, args=(name,)) for name in 'ab']",
    "for each in both: each.start()",
    "for each in both: each.join()",
    "print('end')",
  ].join("\n");
  const editor = await file("asked.py", text);
  await debug(editor);
  const stops = [await event("daifu/crash"), await event("daifu/crash")].map(({ body }) => body["stopId"]);
  await inView(3);
  // An editor that opens meanwhile may close the list, unanswered.
  let asking: Thenable<unknown> | undefined;
  await until("an answer", async () => {
    asking ??= command("daifu.skip", { session: "another" }).then(() => (asking = undefined));
    await command("workbench.action.acceptSelectedQuickOpenItem");
    return events("daifu/recovered").length > 0 || undefined;
  });
  await asking;
  const one = await event("daifu/recovered");
  assert.ok(stops.includes(one.body["stopId"]));
  await command("daifu.skip");
  await event("terminated");
  assert.match(output(), /^end\n$/);
}

export const modes = { saves, point, interpreter, asked };
