import { readFile } from "node:fs/promises";
import * as vscode from "vscode";
import { folderOf } from "../common/folder";
import { said } from "../common/log";
import { type Configuration, launchOf, seeksHeld, withDefaults, withEnv, without } from "./defaults";
import { parseEnv } from "./envfile";
import { attachTo } from "./held";
import type { Installer } from "./install";
import { interpreter } from "./interpreter";
import { FOREIGN, moduleOf, rootOf } from "./modules";
import { chooseHeld, heldPrograms } from "./pick";

/** Makes F5 work without a launch.json, and completes what a launch.json leaves to us. */
export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  constructor(private readonly installer: Installer) {}

  async resolveDebugConfiguration(
    _folder: vscode.WorkspaceFolder | undefined,
    entry: Configuration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    try {
      const full = withDefaults(entry, shownFile());
      return (seeksHeld(full) ? await chooseHeld(full) : full) as
        | vscode.DebugConfiguration
        | undefined;
    } catch (error) {
      void vscode.window.showErrorMessage(`DaiFu: ${said(error)}`);
      return undefined;
    }
  }

  async resolveDebugConfigurationWithSubstitutedVariables(
    named: vscode.WorkspaceFolder | undefined,
    entry: Configuration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    // A child of a session that has begun comes by that session's adapter.
    if (entry["subProcessId"] !== undefined) {
      return entry as vscode.DebugConfiguration;
    }
    const folder = folderOf(named, entry);
    const python = await interpreter(entry, folder);
    if (!(await this.installer.ready(python, folder))) {
      return undefined;
    }
    const chosen: Configuration = { ...without(entry, "pythonPath"), python };
    const { envFile } = entry;
    if (typeof envFile !== "string" || envFile === "") {
      return chosen as vscode.DebugConfiguration;
    }
    try {
      const text = await readFile(envFile, "utf8");
      return withEnv(chosen, parseEnv(text, process.env)) as vscode.DebugConfiguration;
    } catch (error) {
      void vscode.window.showErrorMessage(`DaiFu: envFile cannot be read: ${said(error)}`);
      return undefined;
    }
  }
}

/** Finds what could be debugged: the file in the editor, modules, and programs that are held. */
export class DynamicProvider implements vscode.DebugConfigurationProvider {
  async provideDebugConfigurations(
    folder: vscode.WorkspaceFolder | undefined,
  ): Promise<vscode.DebugConfiguration[]> {
    const found = [
      ...(await heldPrograms(folder)).map((held) => attachTo(held)),
      launchOf("${file}"),
      ...(folder === undefined ? [] : await modules(folder)),
    ];
    return found as vscode.DebugConfiguration[];
  }
}

async function modules(folder: vscode.WorkspaceFolder): Promise<Configuration[]> {
  const pattern = new vscode.RelativePattern(folder, "**/__main__.py");
  const files = await vscode.workspace.findFiles(pattern, FOREIGN, 100);
  const paths = files.map(({ path }) => path.slice(folder.uri.path.length + 1)).toSorted();
  return paths.flatMap((path) => {
    const module = moduleOf(path);
    const root = rootOf(path);
    return module === undefined
      ? []
      : [
          {
            type: "daifu",
            request: "launch",
            name: `DaiFu: module ${module}`,
            module,
            cwd: root === "" ? "${workspaceFolder}" : `\${workspaceFolder}/${root}`,
            console: "integratedTerminal",
          },
        ];
  });
}

/** The Python file in the editor. */
export function shownFile(): string | undefined {
  const document = vscode.window.activeTextEditor?.document;
  return document?.languageId === "python" ? document.uri.fsPath : undefined;
}

/** The workspace folder of the editor, else the first one. */
export function shownFolder(): vscode.WorkspaceFolder | undefined {
  const shown = vscode.window.activeTextEditor?.document.uri;
  const folder = shown && vscode.workspace.getWorkspaceFolder(shown);
  return folder ?? vscode.workspace.workspaceFolders?.[0];
}
