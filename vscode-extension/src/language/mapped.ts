import * as vscode from "vscode";
import { log, said } from "../common/log";
import { Request } from "../common/protocol";
import { asMappings, type Mapping } from "../common/paths";
import { localized } from "./mapping";

/** Tells the language server something. */
export type Tell = (notification: string, body: unknown) => Promise<void>;

/** Requests after whose success a stopped program runs on. */
const RESUMING: ReadonlySet<string> = new Set([
  ...["continue", "next", "stepIn", "stepOut", "goto", "restartFrame"],
  ...[Request.ReplaceCellAndContinue as string, Request.Resolve as string],
]);

interface Message {
  readonly type: string;
  readonly event?: string;
  readonly command?: string;
  readonly success?: boolean;
}

/**
 * Tells the language server of programs whose files have other names for the editor.
 *
 * It finds everything else by itself, but knows no `pathMappings`.
 */
export class MappedSessions implements vscode.DebugAdapterTrackerFactory {
  constructor(private readonly tell: Tell) {}

  createDebugAdapterTracker(session: vscode.DebugSession): vscode.DebugAdapterTracker | undefined {
    const mappings = asMappings(session.configuration["pathMappings"]);
    if (mappings.every(({ localRoot, remoteRoot }) => localRoot === remoteRoot)) {
      return undefined;
    }
    return {
      onDidSendMessage: ({ type, event, command, success }: Message) => {
        if (event === "stopped") {
          void this.stopped(session, mappings);
        } else if (event === "continued" || event === "terminated") {
          void this.continued(session);
        } else if (type === "response" && success === true && RESUMING.has(command ?? "")) {
          void this.continued(session);
        }
      },
      onWillStopSession: () => {
        void this.continued(session);
      },
    };
  }

  private async stopped(session: vscode.DebugSession, mappings: readonly Mapping[]): Promise<void> {
    try {
      const held: unknown = await session.customRequest(Request.Held);
      const body = localized(held, mappings) as Record<string, unknown>;
      await this.tell("daifu/stopped", { ...body, sessionId: session.id });
    } catch (error) {
      log.warn(`${session.name}: what is held cannot be told: ${said(error)}`);
    }
  }

  private async continued(session: vscode.DebugSession): Promise<void> {
    await this.tell("daifu/continued", { sessionId: session.id });
  }
}
