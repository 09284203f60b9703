/** The commands of the extension, as package.json contributes them. */
export enum Command {
  ReplaceAndContinue = "daifu.replaceCellAndContinue",
  Retry = "daifu.retry",
  Skip = "daifu.skip",
}

/** The debug type, as in a launch.json. */
export const DEBUG_TYPE = "daifu";

/** The context key that is true while a program of the active session is held at a crash. */
export const CRASHED_CONTEXT = "daifu.crashed";
