import { asCrash, asRecovered, type Crash, Event, type Recovered } from "../common/protocol";

/** What the person sees of a session. */
export type State =
  | { readonly kind: "running" }
  | { readonly kind: "crashed"; readonly crash: Crash }
  | { readonly kind: "recovered"; readonly recovered: Recovered };

/**
 * The crashes held in each session, kept from the adapter's events.
 *
 * One thread is at one crash at most: a new crash of a thread takes the place of its old one. The
 * crash that came last is the one that commands act on.
 */
export class Crashes {
  private readonly held = new Map<string, Crash[]>();
  private readonly last = new Map<string, Recovered>();

  /** Takes in an event of a session. Gives whether it was one that changes the state. */
  receive(session: string, event: string, body: unknown): boolean {
    if (event === (Event.Crash as string)) {
      const crash = asCrash(body);
      if (crash !== undefined) {
        this.held.set(session, [...this.others(session, crash), crash]);
        return true;
      }
    }
    if (event === (Event.Recovered as string)) {
      const recovered = asRecovered(body);
      if (recovered !== undefined) {
        this.resolved(session, recovered.stopId);
        this.last.set(session, recovered);
        return true;
      }
    }
    return false;
  }

  /** Gives the crash that commands of a session act on. */
  current(session: string, threadId?: number): Crash | undefined {
    const crashes = this.held.get(session) ?? [];
    return crashes.findLast((crash) => crash.threadId === threadId) ?? crashes.at(-1);
  }

  /** Notes that a stop was resolved and its thread runs on. */
  resolved(session: string, stopId: number): void {
    const crashes = this.held.get(session) ?? [];
    this.held.set(
      session,
      crashes.filter((crash) => crash.stopId !== stopId),
    );
  }

  /** Gives what to show for a session. */
  state(session: string): State {
    const crash = this.current(session);
    if (crash !== undefined) {
      return { kind: "crashed", crash };
    }
    const recovered = this.last.get(session);
    return recovered === undefined ? { kind: "running" } : { kind: "recovered", recovered };
  }

  /** Forgets a session that ended. */
  forget(session: string): void {
    this.held.delete(session);
    this.last.delete(session);
  }

  private others(session: string, crash: Crash): Crash[] {
    return (this.held.get(session) ?? []).filter(
      (other) =>
        other.stopId !== crash.stopId &&
        (crash.threadId === undefined || other.threadId !== crash.threadId),
    );
  }
}
