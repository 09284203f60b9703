import type { Counter } from "../common/protocol";

/** Says what a recovery kept: "Recovered in 14 ms; 3 epochs, 12,400 steps kept". */
export function kept(restoreMs: number, progress: readonly Counter[]): string {
  const ms = restoreMs < 1 ? "under 1 ms" : `${Math.round(restoreMs).toLocaleString("en")} ms`;
  const counted = progress.filter(({ value }) => value > 0).map(counter);
  const tail = counted.length === 0 ? "" : `; ${counted.slice(0, 4).join(", ")} kept`;
  return `Recovered in ${ms}${tail}`;
}

/** A count in words where the counter's name is one ("3 epochs"), else as it is ("i = 7"). */
function counter({ name, value }: Counter): string {
  const figure = value.toLocaleString("en");
  if (!/^[a-z]{3,}$/.test(name) || NO_NOUN.has(name)) {
    return `${name} = ${figure}`;
  }
  return `${figure} ${value === 1 ? name : plural(name)}`;
}

const NO_NOUN = new Set(["idx", "num", "index", "count", "step_idx", "pos"]);

function plural(name: string): string {
  if (name === "epoch" || !/(?:s|x|z|ch|sh)$/.test(name)) {
    return `${name}s`;
  }
  return name.endsWith("s") ? name : `${name}es`;
}
