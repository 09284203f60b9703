/** The commands of the extension's crash half, as package.json contributes them. */
export enum Command {
  ReplaceAndContinue = "daifu.replaceCellAndContinue",
  Retry = "daifu.retry",
  Skip = "daifu.skip",
  Return = "daifu.return",
  Raise = "daifu.raise",
  RestartFrame = "daifu.restartFrame",
  RunFromHere = "daifu.runFromHere",
  ContinueAll = "daifu.continueAll",
  Describe = "daifu.describe",
  GoToCrash = "daifu.goToCrash",
  ShowChange = "daifu.showChange",
  Undo = "daifu.undo",
  ExportPatch = "daifu.exportPatch",
}

/** The debug type, as in a launch.json. */
export const DEBUG_TYPE = "daifu";

/** The context keys that menus, keys and the palette depend on. */
export enum Context {
  /** The thread in view is held at a crash. */
  Crashed = "daifu.crashed",
  /** The thread in view is stopped: at a crash, a breakpoint, a step or a pause. */
  Stopped = "daifu.stopped",
  /** Something is stopped in any session, in view or not. */
  AnyStopped = "daifu.anyStopped",
  /** F5 saves and replaces: the setting `daifu.mode` says so, and the thread is stopped. */
  SavesOnContinue = "daifu.savesOnContinue",
  /** There are recoveries to list. */
  Recovered = "daifu.recovered",
}

/** The tree of recoveries in the debug side bar. */
export const RECOVERIES_VIEW = "daifu.recoveries";
