import * as vscode from "vscode";
import type { Watch } from "../recovery/watch";
import { lenses } from "./lens";

/** The code lenses at held crashes; they go the moment that the program runs on. */
export class Lenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  private readonly registered: vscode.Disposable;
  readonly onDidChangeCodeLenses = this.emitter.event;

  constructor(private readonly watch: Watch) {
    this.registered = vscode.Disposable.from(
      vscode.languages.registerCodeLensProvider({ language: "python" }, this),
      watch.onChange(() => {
        this.emitter.fire();
      }),
    );
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
    this.registered.dispose();
    this.emitter.dispose();
  }
}
