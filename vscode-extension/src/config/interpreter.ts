import { isAbsolute, join } from "node:path";
import { PythonExtension } from "@vscode/python-extension";
import * as vscode from "vscode";
import { onSetting, setting } from "../common/configuration";
import { Setting } from "../common/settings";
import { asCommand, type Configuration } from "./defaults";

const PYTHON_EXTENSION = "ms-python.python";

/**
 * Finds the interpreter for a session: the entry's own `python`, the setting `daifu.python`, the
 * one chosen in the Python extension, or `python3`, in this order.
 */
export async function interpreter(
  entry: Configuration,
  folder: vscode.WorkspaceFolder | undefined,
): Promise<readonly string[]> {
  const named = asCommand(entry["python"] ?? entry["pythonPath"]) ?? asCommand(setting(Setting.Python, folder));
  return (named === undefined ? await chosen(folder?.uri) : within(named, folder)) ?? ["python3"];
}

/** A relative path with a folder in it is one of the workspace folder, wherever we run. */
function within(
  command: readonly string[],
  folder: vscode.WorkspaceFolder | undefined,
): readonly string[] {
  const [program = "", ...rest] = command;
  const relative = program.includes("/") && !isAbsolute(program) && folder !== undefined;
  return relative ? [join(folder.uri.fsPath, program), ...rest] : command;
}

async function chosen(resource: vscode.Uri | undefined): Promise<readonly string[] | undefined> {
  if (!pythonExtension()) {
    return undefined;
  }
  const { environments } = await PythonExtension.api();
  const path = environments.getActiveEnvironmentPath(resource);
  const environment = await environments.resolveEnvironment(path);
  return asCommand(environment?.executable.uri?.fsPath);
}

function pythonExtension(): boolean {
  return vscode.extensions.getExtension(PYTHON_EXTENSION) !== undefined;
}

/** Lets the person choose another interpreter, in the Python extension or in the settings. */
export async function chooseInterpreter(): Promise<void> {
  await (pythonExtension()
    ? vscode.commands.executeCommand("python.setInterpreter")
    : vscode.commands.executeCommand("workbench.action.openSettings", "daifu.python"));
}

/** Calls back when another interpreter was chosen, by the setting or in the Python extension. */
export function onInterpreter(changed: () => void): vscode.Disposable {
  const listening: vscode.Disposable[] = [onSetting([Setting.Python], changed)];
  if (pythonExtension()) {
    void PythonExtension.api().then(({ environments }) => {
      listening.push(environments.onDidChangeActiveEnvironmentPath(changed));
    });
  }
  return new vscode.Disposable(() => {
    vscode.Disposable.from(...listening).dispose();
  });
}
