import { chmod, mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import * as vscode from "vscode";
import { onSetting, setting } from "../common/configuration";
import { log, said } from "../common/log";
import { Setting } from "../common/settings";
import { interpreter, onInterpreter } from "../config/interpreter";
import { type Caller, Inbox, sessionOf } from "./inbox";
import { ENDPOINTS, FALLBACK, SCRIPT } from "./script";

/** Gives the terminals the command `daifu`, and attaches to what is started by it. */
export class Terminal implements vscode.Disposable {
  private readonly listening: vscode.Disposable[] = [];
  private readonly variables: vscode.EnvironmentVariableCollection;
  private inbox: Inbox | undefined;
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly context: vscode.ExtensionContext) {
    this.variables = context.environmentVariableCollection;
    this.variables.description =
      "The command `daifu`: `daifu train.py` runs a program under the debugger.";
    const update = (): void => {
      this.update();
    };
    this.listening.push(onSetting([Setting.TerminalCommand], update), onInterpreter(update));
    this.update();
  }

  dispose(): void {
    vscode.Disposable.from(...this.listening).dispose();
    this.inbox?.close();
  }

  /** Brings the terminals' variables up to date, one time after the other. */
  private update(): void {
    const done = setting(Setting.TerminalCommand) === false ? this.close() : this.open();
    this.turn = Promise.all([this.turn, done]).then(
      () => undefined,
      (error: unknown) => {
        log.error(`The terminals get no command daifu: ${said(error)}`);
      },
    );
  }

  private close(): Promise<void> {
    this.inbox?.close();
    this.inbox = undefined;
    this.variables.clear();
    return Promise.resolve();
  }

  private async open(): Promise<void> {
    if (this.inbox === undefined) {
      const inbox = new Inbox(this.folder(), this.attach, (reason) => {
        log.warn(reason);
      });
      this.inbox = inbox;
      await inbox.open();
    }
    const bin = join(this.context.globalStorageUri.fsPath, "bin");
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, "daifu"), SCRIPT);
    await chmod(join(bin, "daifu"), 0o755);
    const python = await interpreter({}, vscode.workspace.workspaceFolders?.[0]);
    if (setting(Setting.TerminalCommand) === false) {
      return;
    }
    const inTime = { applyAtProcessCreation: true, applyAtShellIntegration: true };
    this.variables.prepend("PATH", bin + delimiter, inTime);
    this.variables.replace(ENDPOINTS, this.folder());
    this.variables.replace(FALLBACK, python.length === 1 ? (python[0] ?? "") : "");
  }

  /** One for each workspace, so that the window that a terminal belongs to is called. */
  private folder(): string {
    const { storageUri, globalStorageUri } = this.context;
    return join((storageUri ?? globalStorageUri).fsPath, "terminals");
  }

  private readonly attach = (caller: Caller): void => {
    const entry = sessionOf(caller);
    const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(caller.cwd));
    log.info(`Process ${caller.pid} of a terminal waits on ${caller.host}:${caller.port}.`);
    vscode.debug
      .startDebugging(folder, entry as unknown as vscode.DebugConfiguration)
      .then(undefined, (error: unknown) => {
        log.error(`${entry.name}: ${said(error)}`);
      });
  };
}
