import * as vscode from "vscode";
import type { Crash } from "../common/protocol";
import type { Watch } from "../recovery/watch";

const MOST = 60;

/** Marks the crashed cells in the editors that show them: range, overview ruler, the error behind. */
export class Highlight implements vscode.Disposable {
  private readonly cell = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor("daifu.crashedCellBackground"),
    borderWidth: "0 0 0 3px",
    borderStyle: "solid",
    borderColor: new vscode.ThemeColor("daifu.crashedCellForeground"),
    overviewRulerColor: new vscode.ThemeColor("editorOverviewRuler.errorForeground"),
    overviewRulerLane: vscode.OverviewRulerLane.Full,
    rangeBehavior: vscode.DecorationRangeBehavior.OpenOpen,
  });
  private readonly error = vscode.window.createTextEditorDecorationType({
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    after: {
      color: new vscode.ThemeColor("daifu.crashedCellForeground"),
      fontStyle: "italic",
      margin: "0 0 0 3ch",
    },
  });
  private readonly registered: vscode.Disposable;

  constructor(private readonly watch: Watch) {
    this.registered = vscode.Disposable.from(
      this.cell,
      this.error,
      watch.onChange(() => {
        this.update(vscode.window.visibleTextEditors);
      }),
      vscode.window.onDidChangeVisibleTextEditors((editors) => {
        this.update(editors);
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        const editors = vscode.window.visibleTextEditors;
        this.update(editors.filter((editor) => editor.document === document));
      }),
    );
  }

  private update(editors: readonly vscode.TextEditor[]): void {
    const crashes = this.watch.crashes();
    for (const editor of editors) {
      const { document } = editor;
      const cells: vscode.DecorationOptions[] = [];
      const errors: vscode.DecorationOptions[] = [];
      for (const { session, crash } of crashes) {
        if (this.watch.uri(session, crash.cell.path).fsPath !== document.uri.fsPath) {
          continue;
        }
        const lines = this.watch.lines(session, document);
        const at = (line: number): number => Math.min(lines.line(line), document.lineCount) - 1;
        const first = document.lineAt(at(crash.cell.line));
        const last = document.lineAt(Math.max(at(crash.cell.endLine), first.lineNumber));
        const range = new vscode.Range(first.range.start, last.range.end);
        cells.push({ range });
        // Text behind a line that is being written would push what is written out of sight.
        if (document.getText(range).replaceAll("\r\n", "\n") === crash.cell.code) {
          errors.push({ range: last.range, renderOptions: { after: { contentText: said(crash) } } });
        }
      }
      editor.setDecorations(this.cell, cells);
      editor.setDecorations(this.error, errors);
    }
  }

  dispose(): void {
    this.registered.dispose();
  }
}

function said({ exception: { type, message } }: Crash): string {
  const [line = ""] = message.split("\n");
  const text = line === "" ? type : `${type}: ${line}`;
  return text.length > MOST ? `${text.slice(0, MOST - 1)}…` : text;
}
