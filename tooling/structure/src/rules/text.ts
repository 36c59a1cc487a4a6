import { error } from "../problem.ts";
import type { Problem } from "../problem.ts";
import type { TextFile } from "../workspace.ts";

const banned: readonly (readonly [RegExp, string])[] = [
  [/\.\.\/shared\b/, "names a folder outside the repository"],
  [/(?<![\w.@$})*-])\/(?:work|root|home|Users|tmp)\/\w/, "holds a path of one machine"],
  [/https?:\/\/[\w.-]*(?:registry|artifactory|nexus|verdaccio|npmmirror)[\w.-]*/i, "names a package registry's host"],
  [/_(?:authToken|password)\b|^\s*registry\s*=/m, "configures a package registry"],
];

/** No text of the repository depends on where it was written or from where it was installed. */
export function checkText(file: TextFile): readonly Problem[] {
  return banned.flatMap(([pattern, message]) => {
    const match = pattern.exec(file.text);
    if (match === null) return [];
    const line = file.text.slice(0, match.index).split("\n").length;
    return [error(`${file.path}:${line}`, `${message}: ${match[0].trim()}`)];
  });
}
