import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { DEBUG_TYPE } from "../common/commands";
import { onSetting, setting } from "../common/configuration";
import { folderOf } from "../common/folder";
import { log, said } from "../common/log";
import { Setting } from "../common/settings";
import { Start } from "../common/start";
import type { Installer } from "../config/install";
import { interpreter, onInterpreter } from "../config/interpreter";
import { shownFolder } from "../config/provider";
import { board, somethingHeld } from "./board";
import { MappedSessions } from "./mapped";

/**
 * The client of the language server.
 *
 * The server is started when it is first needed: by a session, or by a Python file while another
 * editor's session holds something. It is started anew with another interpreter. Nothing waits
 * for it: starts and stops come one after the other, and the newest wish counts.
 */
export class Language implements vscode.Disposable {
  private readonly listening: vscode.Disposable[];
  private readonly board = board(process.env, process.getuid?.());
  private client: LanguageClient | undefined;
  private needed = false;
  /** The folder of what needed it first, whose interpreter it runs on. */
  private folder: vscode.WorkspaceFolder | undefined;
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly installer: Installer) {
    const restart = (): void => {
      this.restart();
    };
    const look = (): void => {
      this.look();
    };
    const mapped = new MappedSessions((name, body) => this.tell(name, body));
    this.listening = [
      vscode.debug.onDidStartDebugSession(({ type, workspaceFolder, configuration }) => {
        if (type === DEBUG_TYPE) {
          this.need(folderOf(workspaceFolder, configuration));
        }
      }),
      vscode.debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, mapped),
      vscode.window.onDidChangeActiveTextEditor(look),
      onSetting([Setting.LanguageServer, Setting.InlayHints], restart),
      onInterpreter(restart),
      vscode.commands.registerCommand(Start.RestartLanguageServer, () => {
        this.folder = shownFolder();
        this.needed = true;
        this.restart();
      }),
    ];
    this.look();
  }

  dispose(): void {
    vscode.Disposable.from(...this.listening).dispose();
    this.needed = false;
    this.restart();
  }

  private look(): void {
    const python = vscode.window.activeTextEditor?.document.languageId === "python";
    if (!this.needed && python && somethingHeld(this.board)) {
      this.need(shownFolder());
    }
  }

  private need(folder: vscode.WorkspaceFolder | undefined): void {
    if (!this.needed) {
      this.folder = folder;
      this.needed = true;
      this.restart();
    }
  }

  private restart(): void {
    this.turn = this.turn.then(async () => {
      await this.stop();
      if (this.needed && setting(Setting.LanguageServer) !== false) {
        await this.start();
      }
    });
  }

  private async stop(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    try {
      await client?.dispose(2_000);
    } catch (error) {
      log.warn(`The language server did not end well: ${said(error)}`);
    }
  }

  private async start(): Promise<void> {
    try {
      const { folder } = this;
      const python = await interpreter({}, folder);
      if (!(await this.installer.readyForLanguage(python, folder))) {
        return;
      }
      const [command = "", ...args] = python;
      // It is loaded when it is needed: it is larger than all the rest.
      const { LanguageClient, RevealOutputChannelOn } = await import("vscode-languageclient/node");
      const client = new LanguageClient(
        "daifu",
        "DaiFu",
        {
          command,
          args: [...args, "-m", "daifu_dap.lsp"],
          options: folder === undefined ? {} : { cwd: folder.uri.fsPath },
        },
        {
          documentSelector: [{ scheme: "file", language: "python" }],
          initializationOptions: { inlayHints: setting(Setting.InlayHints) !== false },
          outputChannel: log,
          revealOutputChannelOn: RevealOutputChannelOn.Never,
        },
      );
      this.client = client;
      await client.start();
      log.info(`The language server runs on ${python.join(" ")}.`);
    } catch (error) {
      log.error(`The language server cannot be started: ${said(error)}`);
      const open = "Show the log";
      const told = "the language server cannot be started, so edits are not judged while they are typed.";
      void vscode.window.showWarningMessage(`DaiFu: ${told}`, open).then((answer) => {
        if (answer === open) {
          log.show();
        }
      });
    }
  }

  private async tell(notification: string, body: unknown): Promise<void> {
    await this.turn;
    await this.client?.sendNotification(notification, body);
  }
}
