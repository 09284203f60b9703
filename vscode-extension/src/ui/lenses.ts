import * as vscode from "vscode";
import type { Watch } from "../recovery/watch";
import { lenses } from "./lens";

/** Milliseconds after which a change is told once more. */
const SETTLING = 500;

/**
 * The code lenses at held crashes; they go the moment that the program runs on.
 *
 * VS Code gives up asking for lenses when the editor loses the focus, as it does to the exception's
 * box that comes with a crash and with each look at its editor. Then it shows none, or dead ones of
 * the last look; so what is held is told once more when that is over.
 */
export class Lenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  private readonly registered: vscode.Disposable;
  private timer: NodeJS.Timeout | undefined;
  readonly onDidChangeCodeLenses = this.emitter.event;

  constructor(private readonly watch: Watch) {
    this.registered = vscode.Disposable.from(
      vscode.languages.registerCodeLensProvider({ language: "python" }, this),
      watch.onChange(() => {
        this.emitter.fire();
        this.soon();
      }),
      vscode.window.onDidChangeActiveTextEditor(() => {
        this.soon();
      }),
    );
  }

  private soon(): void {
    clearTimeout(this.timer);
    if (this.watch.crashes().length > 0) {
      this.timer = setTimeout(() => {
        this.emitter.fire();
      }, SETTLING);
    }
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const here = this.watch
      .crashes()
      .filter(({ session, crash }) => this.watch.uri(session, crash.cell.path).fsPath === document.uri.fsPath);
    const found = new Map<string, vscode.CodeLens>();
    for (const { session, stop, crash } of here) {
      for (const { line, title, tooltip, command } of lenses(crash, this.watch.lines(session, document))) {
        const key = `${line} ${title}`;
        // Where several are held at one cell, the command finds out which is meant.
        const item = found.has(key) ? {} : { session: session.id, thread: stop.threadId };
        const range = document.lineAt(Math.min(line, document.lineCount) - 1).range;
        const said = { title, tooltip, command, arguments: [{ ...item, line }] };
        found.set(key, new vscode.CodeLens(range, said));
      }
    }
    return [...found.values()];
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.registered.dispose();
    this.emitter.dispose();
  }
}
