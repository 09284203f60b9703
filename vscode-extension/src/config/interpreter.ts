import { isAbsolute, join } from "node:path";
import { PythonExtension } from "@vscode/python-extension";
import * as vscode from "vscode";
import { onSetting, setting } from "../common/configuration";
import { log, said } from "../common/log";
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

/** What extensions that stand in for the Python extension may have instead of `environments`. */
interface Older {
  readonly settings?: {
    getExecutionDetails(resource?: vscode.Uri): { readonly execCommand: string[] | undefined };
  };
}

async function chosen(resource: vscode.Uri | undefined): Promise<readonly string[] | undefined> {
  if (!pythonExtension()) {
    return undefined;
  }
  try {
    const api: Partial<PythonExtension> & Older = await PythonExtension.api();
    if (api.environments === undefined) {
      return asCommand(api.settings?.getExecutionDetails(resource).execCommand);
    }
    const path = api.environments.getActiveEnvironmentPath(resource);
    const environment = await api.environments.resolveEnvironment(path);
    return asCommand(environment?.executable.uri?.fsPath);
  } catch (error) {
    log.warn(`The Python extension does not say which interpreter is chosen: ${said(error)}`);
    return undefined;
  }
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
  let over = false;
  if (pythonExtension()) {
    PythonExtension.api().then(
      ({ environments }: Partial<PythonExtension>) => {
        if (environments !== undefined && !over) {
          listening.push(environments.onDidChangeActiveEnvironmentPath(changed));
        }
      },
      (error: unknown) => {
        log.warn(`The Python extension cannot be listened to: ${said(error)}`);
      },
    );
  }
  return new vscode.Disposable(() => {
    over = true;
    vscode.Disposable.from(...listening).dispose();
  });
}
