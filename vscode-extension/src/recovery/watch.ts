import * as vscode from "vscode";
import { DEBUG_TYPE } from "../common/commands";
import { folderOf } from "../common/folder";
import { LineMap } from "../common/lines";
import { asMappings, toLocal, toRemote } from "../common/paths";
import { asTexts, type Crash, Request } from "../common/protocol";
import { choose, type Choice, type News, Sessions, type SessionState, type Stop } from "./sessions";

/** News of a session. */
export interface Told {
  readonly session: vscode.DebugSession;
  readonly news: News;
}

/** A stop, and the session it is in. */
export interface Target {
  readonly session: vscode.DebugSession;
  readonly stop: Stop;
}

/**
 * Listens to the adapters of our sessions, children included, and knows the running texts while
 * something is stopped.
 */
export class Watch implements vscode.Disposable, vscode.DebugAdapterTrackerFactory {
  readonly states = new Sessions();
  private readonly sessions = new Map<string, vscode.DebugSession>();
  private readonly texts = new Map<string, Map<string, string>>();
  private readonly told = new vscode.EventEmitter<Told>();
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly registered: vscode.Disposable;

  /** What happened in a session; states are up to date by then. */
  readonly onNews = this.told.event;
  /** Anything that is shown may be another now: states, running texts, the thread in view. */
  readonly onChange = this.changed.event;

  constructor() {
    this.registered = vscode.Disposable.from(
      vscode.debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, this),
      vscode.debug.onDidChangeActiveDebugSession(() => {
        this.change();
      }),
      vscode.debug.onDidChangeActiveStackItem(() => {
        this.change();
      }),
    );
  }

  createDebugAdapterTracker(session: vscode.DebugSession): vscode.DebugAdapterTracker {
    this.sessions.set(session.id, session);
    const gone = (): void => {
      this.sessions.delete(session.id);
      this.texts.delete(session.id);
      this.states.forget(session.id);
      this.change();
    };
    return {
      onDidSendMessage: (message) => {
        const news = this.states.of(session.id).receive(message);
        if (news !== undefined) {
          this.receive(session, news);
        }
      },
      onExit: gone,
      onWillStopSession: gone,
    };
  }

  private receive(session: vscode.DebugSession, news: News): void {
    if (news.kind === "continued" && this.states.of(session.id).stopped.length === 0) {
      this.texts.delete(session.id);
    }
    if (["crashed", "stopped", "replaced"].includes(news.kind)) {
      void this.learn(session);
    }
    this.told.fire({ session, news });
    this.change();
  }

  /** Fetches the texts that run now. */
  async learn(session: vscode.DebugSession): Promise<ReadonlyMap<string, string>> {
    try {
      const texts = asTexts(await session.customRequest(Request.Held));
      if (this.states.of(session.id).stopped.length > 0) {
        this.texts.set(session.id, texts);
        this.change();
      }
      return texts;
    } catch {
      // The program has gone on, or away, meanwhile; what was known is no longer shown.
      return new Map();
    }
  }

  /** Says that what is shown may be another now. */
  change(): void {
    this.changed.fire(undefined);
  }

  /** What is known of a session. */
  state(session: vscode.DebugSession): SessionState {
    return this.states.of(session.id);
  }

  /** The session in view, if it is one of ours. */
  get active(): vscode.DebugSession | undefined {
    const session = vscode.debug.activeStackItem?.session ?? vscode.debug.activeDebugSession;
    return session?.type === DEBUG_TYPE ? session : undefined;
  }

  /** The workspace folder that a session is about. */
  folder({ workspaceFolder, configuration }: vscode.DebugSession): vscode.WorkspaceFolder | undefined {
    return folderOf(workspaceFolder, configuration);
  }

  /** The stops that a command may be about; `crashed`: only those at a crash. */
  candidates(crashed: boolean, focus?: { session: string; thread?: number | undefined }): Target[] {
    const item = vscode.debug.activeStackItem;
    const view = focus ?? { session: this.active?.id, thread: item?.threadId };
    const chosen: Choice = choose(this.states.stops(), view, crashed);
    return chosen.flatMap(([id, stop]) => {
      const session = this.sessions.get(id);
      return session === undefined ? [] : [{ session, stop }];
    });
  }

  /** All stops, with their sessions. */
  targets(): Target[] {
    return this.states.stops().flatMap(([id, stop]) => {
      const session = this.sessions.get(id);
      return session === undefined ? [] : [{ session, stop }];
    });
  }

  /** Whether a thread is still at a stop, which may have been announced anew. */
  stands({ session, stop: { threadId, crash } }: Target): boolean {
    return this.states
      .stops()
      .some(([id, each]) => id === session.id && each.threadId === threadId && each.crash?.stopId === crash?.stopId);
  }

  /** The stop in view: that of the thread in view, or the only one of its session. */
  get stop(): Target | undefined {
    const session = this.active;
    if (session === undefined) {
      return undefined;
    }
    const stops = this.state(session).stopped;
    const thread = vscode.debug.activeStackItem?.threadId;
    const stop =
      stops.find(({ threadId }) => threadId === thread) ??
      stops.findLast(({ crash }) => crash !== undefined) ??
      stops.at(-1);
    return stop === undefined ? undefined : { session, stop };
  }

  /** All crashes that are held, with their sessions. */
  crashes(): { session: vscode.DebugSession; stop: Stop; crash: Crash }[] {
    return this.targets().flatMap(({ session, stop }) => {
      const { crash } = stop;
      return crash === undefined ? [] : [{ session, stop, crash }];
    });
  }

  /** The editor's name of a file of the program's. */
  uri(session: vscode.DebugSession, path: string): vscode.Uri {
    return vscode.Uri.file(toLocal(path, asMappings(session.configuration["pathMappings"])));
  }

  /** The program's name of a file, and whether the adapter cannot read it by that name. */
  path(session: vscode.DebugSession, uri: vscode.Uri): { path: string; away: boolean } {
    const path = toRemote(uri.fsPath, asMappings(session.configuration["pathMappings"]));
    return { path, away: path !== uri.fsPath };
  }

  /** The text of a document that runs now; undefined if the session has not loaded it. */
  running(session: vscode.DebugSession, uri: vscode.Uri): string | undefined {
    return this.texts.get(session.id)?.get(this.path(session, uri).path);
  }

  /** The files that a session has loaded, as far as they are known. */
  loaded(session: vscode.DebugSession): vscode.Uri[] {
    return [...(this.texts.get(session.id)?.keys() ?? [])].map((path) => this.uri(session, path));
  }

  /** Where the running lines of a document are in it. */
  lines(session: vscode.DebugSession, document: vscode.TextDocument): LineMap {
    const text = document.getText();
    return new LineMap(this.running(session, document.uri) ?? text, text);
  }

  dispose(): void {
    this.registered.dispose();
    this.told.dispose();
    this.changed.dispose();
  }
}
