/** What the scenarios share: files, sessions, and waiting for what an adapter says. */

import assert from "node:assert/strict";
import { join } from "node:path";
import * as vscode from "vscode";

const PATIENCE = 60_000;

/** Whose part `python.ts` plays. */
export const PYTHON_EXTENSION = "ms-python.python";

interface Told {
  readonly session: vscode.DebugSession;
  readonly event: string;
  readonly body: Record<string, unknown>;
}

const told: Told[] = [];

vscode.debug.registerDebugAdapterTrackerFactory("daifu", {
  createDebugAdapterTracker: (session) => ({
    onDidSendMessage: (message: { type: string; event: string; body?: Record<string, unknown> }) => {
      if (message.type === "event") {
        told.push({ session, event: message.event, body: message.body ?? {} });
      }
    },
  }),
});

/** Waits until something is there. */
export async function until<T>(what: string, find: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE;
  while (Date.now() < deadline) {
    const found = await find();
    if (found !== undefined) {
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const last = told.slice(-8).map(({ event, body }) => `${event} ${JSON.stringify(body).slice(0, 200)}`);
  throw new Error(`no ${what}; the last events were:\n${last.join("\n")}`);
}

/** Waits for the next event of a name, and takes it. */
export function event(name: string, fits: (told: Told) => boolean = () => true): Promise<Told> {
  return until(name, () => {
    const index = told.findIndex((each) => each.event === name && fits(each));
    return index < 0 ? undefined : told.splice(index, 1)[0];
  });
}

/** The events of a name that nobody has taken yet. */
export function events(name: string): readonly Told[] {
  return told.filter((each) => each.event === name);
}

/** Waits until the frame in view is one on a line. */
export async function inView(line: number): Promise<void> {
  await until(`frame in view on line ${line}`, async () => {
    const item = vscode.debug.activeStackItem;
    if (!(item instanceof vscode.DebugStackFrame)) {
      return undefined;
    }
    const { threadId, frameId } = item;
    const answer = (await item.session.customRequest("stackTrace", { threadId })) as {
      stackFrames: { id: number; line: number }[];
    };
    const frame = answer.stackFrames.find(({ id }) => id === frameId);
    return frame?.line === line || undefined;
  });
}

/** Writes a file into the folder and opens it. */
export async function file(name: string, text: string): Promise<vscode.TextEditor> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder);
  const uri = vscode.Uri.file(join(folder.uri.fsPath, name));
  await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
  return vscode.window.showTextDocument(uri);
}

/** Puts another text in the place of a part of the document. */
export async function change(editor: vscode.TextEditor, old: string, text: string): Promise<void> {
  const at = editor.document.getText().indexOf(old);
  assert.ok(at >= 0, `${old} is not there`);
  const range = new vscode.Range(
    editor.document.positionAt(at),
    editor.document.positionAt(at + old.length),
  );
  assert.ok(await editor.edit((edit) => { edit.replace(range, text); }));
}

/** Starts a program of the folder. */
export async function debug(editor: vscode.TextEditor, more: object = {}): Promise<void> {
  told.length = 0;
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const entry = {
    type: "daifu",
    request: "launch",
    name: "host",
    program: editor.document.uri.fsPath,
    console: "internalConsole",
    ...more,
  };
  assert.ok(await vscode.debug.startDebugging(folder, entry));
}

/** What the program has printed. */
export function output(): string {
  return told
    .filter(({ event: name, body }) => name === "output" && body["category"] === "stdout")
    .map(({ body }) => String(body["output"]))
    .join("");
}

export async function setting(name: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration("daifu").update(name, value, vscode.ConfigurationTarget.Global);
}
