/**
 * What is known of each debug session, kept from the messages that its adapter sends: which threads
 * are stopped, at which crashes, and how the last one was recovered.
 *
 * A thread is at one stop at most; a new one takes the place of its old one. Nothing here asks
 * anybody anything.
 */

import { asCrash, asReasons, asRecovered, type Crash, Event, fields } from "../common/protocol";
import type { Reason, Recovered } from "../common/protocol";

/** A thread that is stopped, at a crash or elsewhere. */
export interface Stop {
  readonly threadId: number;
  readonly crash?: Crash;
}

/** What a text in the editor would do if it were to replace the running one. */
export type Draft =
  | { readonly kind: "none" }
  | { readonly kind: "ready" }
  | { readonly kind: "refused"; readonly reason: Reason };

/** What happened, for those who show it. */
export type News =
  | { readonly kind: "crashed"; readonly crash: Crash }
  | { readonly kind: "stopped" }
  | { readonly kind: "continued" }
  | { readonly kind: "recovered"; readonly recovered: Recovered; readonly crash: Crash | undefined }
  | { readonly kind: "replaced"; readonly path: string; readonly warnings: readonly Reason[] }
  | { readonly kind: "refused"; readonly command: string; readonly reasons: readonly Reason[] };

const RESUMING = new Set(["continue", "next", "stepIn", "stepOut"]);

/** One session. */
export class SessionState {
  private readonly stops = new Map<number, Stop>();
  private readonly seen = new Map<number, Crash>();
  private readonly announced = new Map<number | undefined, Crash>();
  private readonly failures = new Map<string, readonly Reason[]>();
  recovered: Recovered | undefined;
  draft: Draft = { kind: "none" };

  /** The threads that are stopped, in the order in which they stopped. */
  get stopped(): readonly Stop[] {
    return [...this.stops.values()];
  }

  /** The stop of a thread. */
  stop(threadId: number): Stop | undefined {
    return this.stops.get(threadId);
  }

  /** The numbered reasons for which a request failed when it was last sent; none if it did not. */
  refusals(command: string): readonly Reason[] {
    return this.failures.get(command) ?? [];
  }

  /** Takes in a message of the adapter's. */
  receive(message: unknown): News | undefined {
    const { type, event, command, success, body } = fields(message);
    if (type === "event" && typeof event === "string") {
      return this.happened(event, body);
    }
    if (type === "response" && typeof command === "string") {
      return success === true ? this.answered(command, body) : this.failed(command, body);
    }
    return undefined;
  }

  private happened(event: string, body: unknown): News | undefined {
    switch (event) {
      case Event.Crash: {
        const crash = asCrash(body);
        if (crash !== undefined) {
          this.announced.set(crash.threadId, crash);
        }
        return undefined;
      }
      case "stopped": {
        const { threadId } = fields(body);
        return typeof threadId === "number" ? this.halted(threadId, fields(body)) : undefined;
      }
      case "continued": {
        const { threadId, allThreadsContinued } = fields(body);
        return this.resumed(threadId, allThreadsContinued !== false);
      }
      case Event.Recovered: {
        const recovered = asRecovered(body);
        if (recovered === undefined) {
          return undefined;
        }
        const crash = this.seen.get(recovered.stopId);
        this.seen.delete(recovered.stopId);
        this.recovered = recovered;
        return { kind: "recovered", recovered, crash };
      }
      case Event.Replaced: {
        const { path, warnings } = fields(body);
        const named = typeof path === "string" ? path : "";
        return { kind: "replaced", path: named, warnings: asReasons(warnings) };
      }
      case "terminated":
        return this.resumed(undefined, true);
      default:
        return undefined;
    }
  }

  private halted(threadId: number, { reason }: Record<string, unknown>): News {
    const told = this.announced.get(threadId) ?? this.announced.get(undefined);
    // A held thread that is to go on elsewhere stops there anew, by `goto`, at the same crash.
    const kept = reason === "goto" ? this.stops.get(threadId)?.crash : undefined;
    const crash = reason === "exception" ? told : kept;
    this.announced.delete(told?.threadId);
    this.draft = { kind: "none" };
    this.stops.delete(threadId);
    this.stops.set(threadId, crash === undefined ? { threadId } : { threadId, crash });
    if (crash === undefined || crash === kept) {
      return { kind: "stopped" };
    }
    this.seen.set(crash.stopId, crash);
    return { kind: "crashed", crash };
  }

  private resumed(threadId: unknown, all: boolean): News {
    if (all) {
      this.stops.clear();
    } else if (typeof threadId === "number") {
      this.stops.delete(threadId);
    }
    if (this.stops.size === 0) {
      this.draft = { kind: "none" };
    }
    return { kind: "continued" };
  }

  private answered(command: string, body: unknown): News | undefined {
    this.failures.delete(command);
    if (command !== "continue") {
      return undefined;
    }
    // The thread's own `continued` event follows where the adapter lets only one thread go on.
    return fields(body)["allThreadsContinued"] === false ? undefined : this.resumed(undefined, true);
  }

  private failed(command: string, body: unknown): News | undefined {
    const reasons = asReasons(fields(body)["refusals"]);
    this.failures.set(command, reasons);
    const shown = RESUMING.has(command) || command === "restartFrame" || command === "goto";
    return shown && reasons.length > 0 ? { kind: "refused", command, reasons } : undefined;
  }
}

/** All sessions, by their ids. */
export class Sessions {
  private readonly states = new Map<string, SessionState>();

  /** What is known of a session. */
  of(session: string): SessionState {
    let state = this.states.get(session);
    if (state === undefined) {
      state = new SessionState();
      this.states.set(session, state);
    }
    return state;
  }

  /** Forgets a session that ended. */
  forget(session: string): void {
    this.states.delete(session);
  }

  /** All stops of all sessions. */
  stops(): (readonly [session: string, stop: Stop])[] {
    return [...this.states].flatMap(([id, state]) =>
      state.stopped.map((stop) => [id, stop] as const),
    );
  }
}

/** What a command is about: a stop that is certain, several to choose from, or none. */
export type Choice = readonly (readonly [session: string, stop: Stop])[];

/**
 * Chooses the stops that a command may be about: the thread in view, else those of the session in
 * view, else all. More than one means that the person is to be asked.
 */
export function choose(
  stops: Choice,
  focus: { readonly session?: string | undefined; readonly thread?: number | undefined },
  crashed: boolean,
): Choice {
  const fit = stops.filter(([, stop]) => !crashed || stop.crash !== undefined);
  const here = fit.filter(([session]) => session === focus.session);
  const exact = here.filter(([, stop]) => stop.threadId === focus.thread);
  return exact.length > 0 ? exact : here.length > 0 ? here : fit;
}
