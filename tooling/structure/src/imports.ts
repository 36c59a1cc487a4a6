/** What a module names in `import`, `export … from` or `import()`, types included. */
export interface ImportedName {
  readonly specifier: string;
  readonly line: number;
  /** `import "x"` or `import x from "x"` / `export … from "x"` / `import("x")`. */
  readonly kind: "import" | "export" | "dynamic";
}

// Formatted code starts each static import in the first column, which is what keeps comments and strings out.
const bindings = String.raw`(?:type\s+)?(?:[\w$]+\s*,\s*)?(?:\*(?:\s*as\s+[\w$]+)?|\{[^}]*\}|[\w$]+)\s*from\s*`;
const staticImport = new RegExp(String.raw`^(import|export)\b\s*(?:${bindings})?["']([^"'\n]+)["']`, "gm");
const dynamicImport = /(?<![\w$.])import\(\s*["'`]([^"'`\n]+)["'`]/g;

const commented = /^\s*(?:\*|\/[*/])/;

const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;

/** Every module named by a formatted TypeScript file, static ones first, each in the order of the text. */
export function importsOf(text: string): readonly ImportedName[] {
  const statics = [...text.matchAll(staticImport)].map((match) => ({
    specifier: match[2] ?? "",
    line: lineAt(text, match.index),
    kind: match[1] === "export" ? ("export" as const) : ("import" as const),
  }));
  const lines = text.split("\n");
  const dynamics = [...text.matchAll(dynamicImport)]
    .map((match) => ({ specifier: match[1] ?? "", line: lineAt(text, match.index), kind: "dynamic" as const }))
    .filter(({ line }) => !commented.test(lines[line - 1] ?? ""));
  return [...statics, ...dynamics];
}

/** True for a module that does nothing but pass on what others export. */
export function isBarrel(text: string): boolean {
  const withoutComments = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const rest = withoutComments.replace(staticImport, (statement) => (statement.startsWith("export") ? "" : statement));
  return rest !== withoutComments && rest.replaceAll(";", "").trim() === "";
}
