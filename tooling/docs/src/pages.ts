import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A page of the documentation; `path` is relative to the root. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** A fenced block of code. */
export interface Block {
  /** Path of its page. */
  readonly page: string;
  /** The line of the page before its first line, from 1. */
  readonly fence: number;
  /** The tag behind the fence; empty without one. */
  readonly language: string;
  readonly text: string;
}

const GROUPS = ["packages", "tooling", "examples"];

/** The pages at `root`: those beside the README, those in `docs/`, and the README of each workspace package. */
export function readPages(root: string): readonly Page[] {
  const readmes = GROUPS.flatMap((group) => namesIn(root, group).map((name) => `${group}/${name}/README.md`));
  const paths = [
    ...namesIn(root, ".").filter(isPage),
    ...namesIn(root, "docs")
      .filter(isPage)
      .map((name) => `docs/${name}`),
    ...readmes.filter((path) => existsSync(join(root, path))),
  ];
  return paths.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** Its blocks of code, in the order of the page. */
export function blocksOf({ path, text }: Page): readonly Block[] {
  return [...text.matchAll(/^[ \t]*```(\S*)[^\n]*\n(.*?)^[ \t]*```$/gmsu)].map(
    ({ 1: language = "", 2: code = "", index }) => ({
      page: path,
      fence: text.slice(0, index).split("\n").length,
      language,
      text: code,
    }),
  );
}

/** Its links that lead nowhere: to a file that isn't there, or to a heading that isn't on its page. */
export function brokenLinks(root: string, page: Page, pages: readonly Page[]): readonly string[] {
  return linksOf(page).filter((link) => {
    const [file = "", heading] = link.split("#", 2);
    const path = file === "" ? page.path : join(dirname(page.path), file);
    const target = pages.find((other) => other.path === path);
    return !existsSync(join(root, path)) || (heading !== undefined && !headingsOf(target).includes(heading));
  });
}

/** Targets of its links into the repository. */
export function linksOf({ text }: Page): readonly string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/gu)].map(({ 1: target = "" }) => target);
  return targets.filter((target) => !/^[a-z]+:/u.test(target));
}

/** As GitHub names them. */
function headingsOf(page: Page | undefined): readonly string[] {
  return [...(page?.text ?? "").matchAll(/^#+ (.*)$/gmu)].map(({ 1: heading = "" }) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function isPage(name: string): boolean {
  return name.endsWith(".md");
}

function namesIn(root: string, folder: string): readonly string[] {
  const path = join(root, folder);
  return existsSync(path) ? readdirSync(path).toSorted() : [];
}
