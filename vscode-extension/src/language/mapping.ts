import { type Mapping, toLocal } from "../common/paths";

/** The answer to `daifu/held` with the editor's paths, whether they are keys or values. */
export function localized(held: unknown, mappings: readonly Mapping[]): unknown {
  if (Array.isArray(held)) {
    return held.map((each: unknown) => localized(each, mappings));
  }
  if (typeof held !== "object" || held === null) {
    return held;
  }
  return Object.fromEntries(
    Object.entries(held).map(([name, value]: [string, unknown]) => {
      const key = name.startsWith("/") ? toLocal(name, mappings) : name;
      const isPath = name === "path" && typeof value === "string";
      return [key, isPath ? toLocal(value, mappings) : localized(value, mappings)];
    }),
  );
}
