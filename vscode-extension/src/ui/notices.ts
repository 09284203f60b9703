import * as vscode from "vscode";

/** Something that a notice offers to do. */
export interface Offer {
  readonly title: string;
  run(): unknown;
}

const HUSH = "Don't Show Again This Session";

/**
 * Notices with what can be done about them. Each kind can be silenced until the window's debug
 * sessions are all over, and all of them by the setting `daifu.notices`.
 *
 * VS Code leaves an error with buttons on the screen until somebody closes it, and knows no way to
 * close one. So when what failed is past, the notices that show are put away; the bell has them all.
 */
export class Notices implements vscode.Disposable {
  private readonly silenced = new Set<string>();
  private readonly running = new Set<string>();
  /** The failures that show, and whether news of a session makes each a thing of the past. */
  private readonly standing = new Map<object, (session: string) => boolean>();
  private readonly registered: vscode.Disposable;

  constructor(private readonly extension: vscode.Uri) {
    this.registered = vscode.Disposable.from(
      vscode.debug.onDidStartDebugSession(({ id }) => this.running.add(id)),
      vscode.debug.onDidTerminateDebugSession(({ id }) => {
        this.running.delete(id);
        this.past(id);
        if (this.running.size === 0) {
          this.silenced.clear();
        }
      }),
    );
  }

  /** Tells that something went well. */
  tell(kind: string, message: string, offers: readonly Offer[] = []): void {
    void this.show(kind, message, offers, "all", vscode.window.showInformationMessage);
  }

  /** Tells of something that went well but may surprise. */
  warn(kind: string, message: string, offers: readonly Offer[] = []): void {
    void this.show(kind, message, offers, "all", vscode.window.showWarningMessage);
  }

  /**
   * Tells why something was not done, and the ways on. `about` is the session that it is about, or
   * tells, when there is news of any, whether it still holds.
   */
  fail(kind: string, message: string, offers: readonly Offer[] = [], about?: string | (() => boolean)): void {
    const notice = {};
    const past =
      typeof about === "function" ? (): boolean => !about() : (id: string): boolean => (about ?? id) === id;
    this.standing.set(notice, past);
    void this.show(kind, message, offers, "failures", vscode.window.showErrorMessage).finally(() =>
      this.standing.delete(notice),
    );
  }

  /** There is news of a session: puts away what was said of failures that are past by it. */
  past(session: string): void {
    const over = [...this.standing].filter(([, past]) => past(session));
    for (const [notice] of over) {
      this.standing.delete(notice);
    }
    if (over.length > 0) {
      void vscode.commands.executeCommand("notifications.hideToasts");
    }
  }

  /** Offers a page of the documentation, which comes with the extension. */
  page(title: string, page: string): Offer {
    return {
      title,
      run: async () => {
        const [path = "", fragment = ""] = page.split("#");
        const uri = vscode.Uri.joinPath(this.extension, "dist", path);
        try {
          await vscode.commands.executeCommand("markdown.showPreview", uri.with({ fragment }));
        } catch {
          // VS Code's own extension for Markdown can be turned off.
          await vscode.window.showTextDocument(uri);
        }
      },
    };
  }

  private async show(
    kind: string,
    message: string,
    offers: readonly Offer[],
    least: "all" | "failures",
    by: (message: string, ...items: string[]) => Thenable<string | undefined>,
  ): Promise<void> {
    const wanted = vscode.workspace.getConfiguration("daifu").get<string>("notices", "all");
    if (this.silenced.has(kind) || (wanted !== "all" && wanted !== least)) {
      return;
    }
    const chosen = await by(`DaiFu: ${message}`, ...offers.map(({ title }) => title), HUSH);
    if (chosen === HUSH) {
      this.silenced.add(kind);
      return;
    }
    await offers.find(({ title }) => title === chosen)?.run();
  }

  dispose(): void {
    this.registered.dispose();
  }
}
