import * as vscode from "vscode";
import type { Crash } from "../common/protocol";
import type { Watch } from "../recovery/watch";

/** Shows a crashed cell in its editor; without a crash, where the session in view is stopped. */
export async function show(
  watch: Watch,
  session: vscode.DebugSession,
  crash: Crash | undefined,
  preserveFocus: boolean,
): Promise<void> {
  const shown = crash ?? watch.state(session).stopped.find((stop) => stop.crash)?.crash;
  if (shown === undefined) {
    return;
  }
  const document = await vscode.workspace.openTextDocument(watch.uri(session, shown.cell.path));
  const editor = await vscode.window.showTextDocument(document, { preserveFocus });
  const line = watch.lines(session, document).line(shown.cell.line) - 1;
  const { firstNonWhitespaceCharacterIndex: column } = document.lineAt(line);
  const place = new vscode.Range(line, column, line, column);
  if (!preserveFocus) {
    editor.selection = new vscode.Selection(place.start, place.start);
  }
  editor.revealRange(place, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** Opens the editor at each new crash, after VS Code has opened what it finds on top of the stack. */
export class Revealer implements vscode.Disposable {
  private readonly registered: vscode.Disposable;
  private awaited: (() => void) | undefined;

  constructor(watch: Watch) {
    this.registered = vscode.Disposable.from(
      watch.onNews(({ session, news }) => {
        if (news.kind !== "crashed") {
          this.awaited = undefined;
          return;
        }
        const { crash } = news;
        this.awaited = () => {
          this.awaited = undefined;
          const held = watch.state(session).stop(crash.threadId ?? 0)?.crash === crash;
          const shown = vscode.window.activeTextEditor?.document.uri.fsPath;
          if (held && shown !== watch.uri(session, crash.cell.path).fsPath) {
            void show(watch, session, crash, true);
          }
        };
      }),
      vscode.debug.onDidChangeActiveStackItem((item) => {
        if (item instanceof vscode.DebugStackFrame && this.awaited !== undefined) {
          const reveal = this.awaited;
          setTimeout(reveal, SETTLING);
        }
      }),
    );
  }

  dispose(): void {
    this.registered.dispose();
  }
}

/** Milliseconds that VS Code may take to open the editor of the frame on top. */
const SETTLING = 150;
