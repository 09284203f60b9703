import * as vscode from "vscode";
import { Start } from "../common/start";
import { said } from "../common/log";
import { attachTo, type Held, NOTES, notesOf, readNote, titleOf } from "./held";
import { processes, runsPython } from "./processes";
import type { Configuration } from "./defaults";

/** Finds the programs that are held in a folder, or in the workspace. */
export async function heldPrograms(folder?: vscode.WorkspaceFolder): Promise<Held[]> {
  const pattern = folder === undefined ? NOTES : new vscode.RelativePattern(folder, NOTES);
  const notes = await vscode.workspace.findFiles(pattern, "**/node_modules/**", 100);
  return read(notes.map(({ fsPath }) => fsPath));
}

function read(notes: readonly string[]): Held[] {
  return notes.map((path) => readNote(path)).filter((held) => held !== undefined);
}

/**
 * Completes an entry by the held program that is meant: the only one of the workspace, or the one
 * chosen of several; where the workspace has none, of those on this machine.
 */
export async function chooseHeld(entry: Configuration = {}): Promise<Configuration | undefined> {
  const running = await processes().catch(() => []);
  const here = await heldPrograms();
  const elsewhere = (): Held[] => read(notesOf(running.filter(runsPython).map(({ pid }) => pid)));
  const programs = here.length > 0 ? here : elsewhere();
  if (here.length === 1 || programs.length === 0) {
    const [only] = programs;
    if (only === undefined) {
      void vscode.window.showInformationMessage(
        "DaiFu: no program is held here. One that said on stderr where to attach " +
          "takes \"connect\" with the port it said.",
      );
      return undefined;
    }
    return attachTo(only, entry);
  }
  const commands = new Map(running.map(({ pid, command }) => [pid, command]));
  const items = programs.map((held) => ({
    label: titleOf(held),
    description: commands.get(held.pid ?? 0) ?? "",
    detail: `in ${held.folder}, held since ${timeOf(held.since)}, on ${held.host}:${held.port}`,
    held,
  }));
  const options = { title: "Attach to a held program", matchOnDescription: true, matchOnDetail: true };
  const chosen = await vscode.window.showQuickPick(items, options);
  return chosen === undefined ? undefined : attachTo(chosen.held, entry);
}

/** Registers what launch.json entries ask by `${command:...}`, and *Attach to a held program*. */
export function registerPicking(): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand(Start.PickProcess, pickProcess),
    vscode.commands.registerCommand(Start.PickArguments, pickArguments),
    vscode.commands.registerCommand(Start.AttachToHeld, async () => {
      const entry = await chooseHeld();
      if (entry !== undefined) {
        await vscode.debug.startDebugging(undefined, entry as vscode.DebugConfiguration);
      }
    }),
  );
}

function timeOf(since: string): string {
  const time = new Date(since);
  return Number.isNaN(time.getTime()) ? since : time.toLocaleString();
}

async function pickProcess(): Promise<string | undefined> {
  let found;
  try {
    found = await processes();
  } catch (error) {
    void vscode.window.showErrorMessage(`DaiFu: ${said(error)}`);
    return undefined;
  }
  const items = found.map((each) => ({
    label: `${runsPython(each) ? "$(debug-alt) " : ""}${each.pid}`,
    description: each.command,
    pid: each.pid,
  }));
  const options = { title: "Attach to a process", matchOnDescription: true };
  const chosen = await vscode.window.showQuickPick(items, options);
  return chosen?.pid.toString();
}

let lastArguments = "";

async function pickArguments(): Promise<string | undefined> {
  const given = await vscode.window.showInputBox({
    title: "The program's arguments",
    prompt: "They go through the shell, as in a terminal.",
    value: lastArguments,
    ignoreFocusOut: true,
  });
  lastArguments = given ?? lastArguments;
  return given;
}
