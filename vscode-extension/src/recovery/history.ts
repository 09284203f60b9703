import * as vscode from "vscode";
import { asEntries, type Entry, Request } from "../common/protocol";
import { changedPaths, pair, type Pair } from "./changes";
import { opened } from "./documents";
import type { Watch } from "./watch";

/** A recovery, the session it was in, and the texts of what it changed. */
export interface Recovery {
  readonly session: vscode.DebugSession;
  readonly entry: Entry;
  readonly pairs: readonly Pair[];
}

/**
 * The recoveries of the sessions, kept from their journals, with the texts before and after. Those of
 * sessions that are over stay until the next one starts.
 */
export class History implements vscode.Disposable {
  private readonly recoveries = new Map<string, Map<number, Recovery>>();
  private readonly over = new Set<string>();
  private readonly undone = new Set<string>();
  private readonly emitter = new vscode.EventEmitter<undefined>();
  private readonly registered: vscode.Disposable;
  readonly onChange = this.emitter.event;

  constructor(private readonly watch: Watch) {
    this.registered = vscode.Disposable.from(
      watch.onNews(({ session, news }) => {
        if (news.kind === "recovered" && news.recovered.entry !== undefined) {
          void this.add(session, [news.recovered.entry]);
        } else if (news.kind === "crashed" && !this.recoveries.has(session.id)) {
          // Somebody else's, before this editor came, or none.
          void this.read(session);
        }
      }),
      vscode.debug.onDidStartDebugSession(() => {
        for (const id of this.over) {
          this.recoveries.delete(id);
        }
        this.over.clear();
        this.emitter.fire(undefined);
      }),
      vscode.debug.onDidTerminateDebugSession(({ id }) => this.over.add(id)),
    );
  }

  private async read(session: vscode.DebugSession): Promise<void> {
    try {
      await this.add(session, asEntries(await session.customRequest(Request.Journal)));
    } catch {
      // It went on, or away, meanwhile; the journal is read at the next crash.
    }
  }

  private async add(session: vscode.DebugSession, entries: readonly Entry[]): Promise<void> {
    const known = this.recoveries.get(session.id) ?? new Map<number, Recovery>();
    this.recoveries.set(session.id, known);
    const texts = await this.watch.learn(session);
    for (const entry of entries) {
      const after = (path: string): string | undefined =>
        texts.get(path) ?? opened(this.watch.uri(session, path))?.getText();
      const pairs =
        known.get(entry.journalId)?.pairs ??
        changedPaths(entry).map((path) => pair(entry, path, after(path)));
      known.set(entry.journalId, { session, entry, pairs });
    }
    this.emitter.fire(undefined);
  }

  /** The recoveries by session, the oldest first. */
  bySession(): (readonly Recovery[])[] {
    return [...this.recoveries.values()].map((each) => [...each.values()]);
  }

  /** All recoveries, in the order of time. */
  all(): Recovery[] {
    return this.bySession()
      .flat()
      .sort((one, other) => one.entry.time - other.entry.time);
  }

  /** Whether a recovery's session is over. */
  isOver({ session }: Recovery): boolean {
    return this.over.has(session.id);
  }

  /** Takes a note that a recovery's change is taken back. */
  takeBack(recovery: Recovery): void {
    this.undone.add(key(recovery));
    this.emitter.fire(undefined);
  }

  /** Whether a recovery has changed a text, and the change stands. */
  stands(recovery: Recovery): boolean {
    return recovery.pairs.length > 0 && !this.undone.has(key(recovery));
  }

  dispose(): void {
    this.registered.dispose();
    this.emitter.dispose();
  }
}

function key({ session, entry }: Recovery): string {
  return `${session.id}/${entry.journalId}`;
}
