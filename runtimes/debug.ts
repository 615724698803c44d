import type { Host } from "../src/platform.ts";
import { checkOptions, text } from "../src/runtime.ts";

/**
 * Writes the debug scopes that `patterns` names to the console.
 *
 * Patterns are those of `DEBUG`: separated by commas or spaces, `*` for anything, a leading `-` for all but.
 */
export function debugLog(patterns: string): Host["log"] {
  checkOptions({ debug: patterns }, { debug: text });
  const names = patterns.split(/[\s,]+/).filter((name) => name !== "");
  const shown = names.filter((name) => !name.startsWith("-")).map(toRegExp);
  const hidden = names.filter((name) => name.startsWith("-")).map((name) => toRegExp(name.slice(1)));
  return (scope) => {
    const matches = (pattern: RegExp): boolean => pattern.test(scope);
    if (!shown.some(matches) || hidden.some(matches)) return undefined;
    return (format, ...args) => console.error(`${scope} ${format}`, ...args);
  };
}

function toRegExp(name: string): RegExp {
  const literals = name.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literals.join(".*")}$`);
}
