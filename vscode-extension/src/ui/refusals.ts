import * as vscode from "vscode";
import type { Reason } from "../common/protocol";
import { opened } from "../recovery/documents";
import type { Told, Watch } from "../recovery/watch";
import type { Notices, Offer } from "./notices";

/**
 * Refusals at their places: a diagnostic where the language server shows none, and a notice. They
 * go when their file is edited or their program runs on.
 */
export class Refusals implements vscode.Disposable {
  private readonly diagnostics = vscode.languages.createDiagnosticCollection("DaiFu");
  private readonly marked = new Map<vscode.DebugSession, readonly Reason[]>();
  private readonly registered: vscode.Disposable;

  constructor(
    private readonly watch: Watch,
    private readonly notices: Notices,
  ) {
    this.registered = vscode.Disposable.from(
      watch.onNews(({ session, news }: Told) => {
        if (news.kind === "refused") {
          // The editor itself shows the sentence of its own request.
          this.mark(session, news.reasons);
        } else if (news.kind === "replaced" || news.kind === "continued") {
          this.mark(session, []);
        }
      }),
      vscode.debug.onDidTerminateDebugSession((session) => {
        this.mark(session, []);
      }),
      vscode.languages.onDidChangeDiagnostics(({ uris }) => {
        uris.forEach((uri) => {
          this.yieldTo(uri);
        });
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) {
          this.forget(document.uri);
        }
      }),
    );
  }

  /** Shows why something was refused. */
  show(session: vscode.DebugSession, reasons: readonly Reason[]): void {
    this.mark(session, reasons);
    const [first] = reasons;
    if (first === undefined) {
      return;
    }
    const more = reasons.length === 1 ? "" : ` (and ${reasons.length - 1} more)`;
    this.notices.fail(first.code, `${first.code}: ${first.message}${more}`, [
      ...this.place(session, first),
      this.notices.page(`About ${first.code}`, `docs/refusals.md#${first.code.toLowerCase()}`),
    ], session.id);
  }

  private place(session: vscode.DebugSession, reason: Reason): Offer[] {
    if (reason.path === "" || reason.line < 1) {
      return [];
    }
    return [
      {
        title: "Show",
        run: async () => {
          const uri = this.watch.uri(session, reason.path);
          const document = await vscode.workspace.openTextDocument(uri);
          const selection = range(document, reason);
          await vscode.window.showTextDocument(document, { selection });
        },
      },
    ];
  }

  /** Marks the places of what was last refused in a session, in the place of what was before. */
  mark(session: vscode.DebugSession, reasons: readonly Reason[]): void {
    if (reasons.length === 0 && !this.marked.delete(session)) {
      return;
    }
    if (reasons.length > 0) {
      this.marked.set(session, reasons);
    }
    this.diagnostics.clear();
    for (const [of, all] of this.marked) {
      this.draw(of, all);
    }
  }

  private draw(session: vscode.DebugSession, reasons: readonly Reason[]): void {
    for (const reason of reasons) {
      if (reason.path === "" || reason.line < 1) {
        continue;
      }
      const uri = this.watch.uri(session, reason.path);
      const marks = this.diagnostics.get(uri) ?? [];
      if (others(uri, marks).has(reason.code)) {
        continue;
      }
      const document = opened(uri);
      const line = new vscode.Range(reason.line - 1, 0, reason.line - 1, 1000);
      const mark = new vscode.Diagnostic(
        document === undefined ? line : range(document, reason),
        reason.message,
        vscode.DiagnosticSeverity.Error,
      );
      mark.source = "DaiFu";
      mark.code = reason.code;
      // Several processes may refuse the same edit.
      if (!marks.some(({ code, message }) => code === mark.code && message === mark.message)) {
        this.diagnostics.set(uri, [...marks, mark]);
      }
    }
  }

  /** A file is edited: what was said of its text is past. */
  private forget(uri: vscode.Uri): void {
    for (const [session, reasons] of this.marked) {
      const left = reasons.filter(({ path }) => this.watch.uri(session, path).fsPath !== uri.fsPath);
      if (left.length < reasons.length) {
        this.marked.set(session, left);
      }
    }
    this.diagnostics.delete(uri);
  }

  /** Takes away what the language server says, too; it may be the later of the two. */
  private yieldTo(uri: vscode.Uri): void {
    const ours = this.diagnostics.get(uri) ?? [];
    if (ours.length === 0) {
      return;
    }
    const said = others(uri, ours);
    const left = ours.filter(({ code }) => !said.has(text(code)));
    if (left.length < ours.length) {
      this.diagnostics.set(uri, left);
    }
  }

  dispose(): void {
    this.registered.dispose();
    this.diagnostics.dispose();
  }
}

/** The codes of the errors at a document that are none of ours. */
function others(uri: vscode.Uri, ours: readonly vscode.Diagnostic[]): Set<string> {
  const at = ({ code, source, range: { start } }: vscode.Diagnostic): string =>
    [text(code), typeof code, source, start.line, start.character].join();
  const known = new Set(ours.map(at));
  const rest = vscode.languages.getDiagnostics(uri).filter((each) => !known.has(at(each)));
  return new Set(rest.map(({ code }) => text(code)));
}

function text(code: vscode.Diagnostic["code"]): string {
  return String(typeof code === "object" ? code.value : code);
}

/** The place of a reason, whose columns count UTF-8 bytes; the whole line if it names no columns. */
function range(document: vscode.TextDocument, reason: Reason): vscode.Range {
  const at = (line: number, bytes: number): vscode.Position => {
    const row = Math.min(line, document.lineCount) - 1;
    const { text: whole } = document.lineAt(row);
    return new vscode.Position(row, Buffer.from(whole).subarray(0, bytes).toString().length);
  };
  const start = at(reason.line, reason.column);
  const end = at(reason.endLine, reason.endColumn);
  if (end.isAfter(start)) {
    return new vscode.Range(start, end);
  }
  const { firstNonWhitespaceCharacterIndex: first, range: line } = document.lineAt(start.line);
  return new vscode.Range(line.start.with({ character: first }), line.end);
}
