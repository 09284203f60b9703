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
 */
export class Notices implements vscode.Disposable {
  private readonly silenced = new Set<string>();
  private readonly running = new Set<string>();
  private readonly registered: vscode.Disposable;

  constructor(private readonly extension: vscode.Uri) {
    this.registered = vscode.Disposable.from(
      vscode.debug.onDidStartDebugSession(({ id }) => this.running.add(id)),
      vscode.debug.onDidTerminateDebugSession(({ id }) => {
        this.running.delete(id);
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

  /** Tells why something was not done, and the ways on. */
  fail(kind: string, message: string, offers: readonly Offer[] = []): void {
    void this.show(kind, message, offers, "failures", vscode.window.showErrorMessage);
  }

  /** Offers a page of the documentation, which comes with the extension. */
  page(title: string, page: string): Offer {
    return {
      title,
      run: () => {
        const [path = "", fragment = ""] = page.split("#");
        const uri = vscode.Uri.joinPath(this.extension, "dist", path).with({ fragment });
        return vscode.commands.executeCommand("markdown.showPreview", uri);
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
