import { error } from "../problem.ts";
import type { Problem } from "../problem.ts";
import type { TextFile } from "../workspace.ts";

interface Ban {
  readonly pattern: RegExp;
  readonly message: string;
  /** Only files with such a path; absent: all. */
  readonly in?: RegExp;
}

/** Where npm, pnpm and yarn read their settings, and what stands for them elsewhere. */
const settings = /(?:^|\/)(?:\.(?:npm|pnpm|yarn)rc(?:\.\w+)?|pnpm-workspace\.yaml|package\.json)$/;

const banned: readonly Ban[] = [
  { pattern: /\.\.\/shared\b/, message: "names a folder outside the repository" },
  { pattern: /(?<![\w.@$})*-])\/(?:work|root|home|Users|tmp)\/\w/, message: "holds a path of one machine" },
  {
    pattern: /https?:\/\/[\w.-]*(?:registry|artifactory|nexus|verdaccio|npmmirror)[\w.-]*/i,
    message: "names a package registry's host",
  },
  { pattern: /_(?:authToken|password)\b/, message: "configures a package registry" },
  { pattern: /\bnpm_config_registry\b|-{2}registry\b/i, message: "configures a package registry" },
  {
    pattern: /^\s*"?(?:@[\w-]+:)?(?:registry|npmRegistryServer)"?\s*[=:]/m,
    message: "configures a package registry",
    in: settings,
  },
];

/** No text of the repository depends on where it was written or from where it was installed. */
export function checkText(file: TextFile): readonly Problem[] {
  return banned.flatMap(({ pattern, message, in: paths }) => {
    const match = paths === undefined || paths.test(file.path) ? pattern.exec(file.text) : null;
    if (match === null) return [];
    const line = file.text.slice(0, match.index).split("\n").length;
    return [error(`${file.path}:${line}`, `${message}: ${match[0].trim()}`)];
  });
}
