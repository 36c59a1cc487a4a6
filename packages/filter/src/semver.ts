/** A version as it is compared; build metadata is gone. */
export interface Semver {
  /** Major, minor and patch as decimal digits without leading zeros, of any length. */
  readonly numbers: readonly [string, string, string];
  readonly prerelease: readonly string[];
}

const NUMBER = /^(?:0|[1-9][0-9]*)$/;
const DIGITS = /^[0-9]+$/;
const IDENTIFIER = /^[0-9A-Za-z-]+$/;

/**
 * Reads Semantic Versioning 2.0.0 text in which minor and patch may be missing and are then 0: `"2.0"` is `"2.0.0"`.
 * `undefined` for anything else (`"v1"`, `"01.2"`, `"1.2.3.4"`, `""`).
 */
export function parseSemver(text: string): Semver | undefined {
  const [version, build] = cut(text, "+");
  const [core, prerelease] = cut(version, "-");
  if (build !== undefined && !build.split(".").every((part) => IDENTIFIER.test(part))) return undefined;
  const tags = prerelease === undefined ? [] : prerelease.split(".");
  if (!tags.every((tag) => IDENTIFIER.test(tag) && (!DIGITS.test(tag) || NUMBER.test(tag)))) return undefined;
  const numbers = core.split(".");
  if (numbers.length > 3 || !numbers.every((number) => NUMBER.test(number))) return undefined;
  const [major = "0", minor = "0", patch = "0"] = numbers;
  return { numbers: [major, minor, patch], prerelease: tags };
}

/** Precedence (Semantic Versioning 2.0.0, §11): negative, zero or positive. */
export function compareSemver(a: Semver, b: Semver): number {
  const [major, minor, patch] = a.numbers;
  const [otherMajor, otherMinor, otherPatch] = b.numbers;
  return (
    compareDigits(major, otherMajor) ||
    compareDigits(minor, otherMinor) ||
    compareDigits(patch, otherPatch) ||
    comparePrereleases(a.prerelease, b.prerelease)
  );
}

/** Text that is the same for exactly those versions that {@link compareSemver} finds equal. */
export function precedenceText({ numbers, prerelease }: Semver): string {
  return prerelease.length === 0 ? numbers.join(".") : `${numbers.join(".")}-${prerelease.join(".")}`;
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (const [index, tag] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const order = compareTags(tag, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareTags(a: string, b: string): number {
  if (DIGITS.test(a)) return DIGITS.test(b) ? compareDigits(a, b) : -1;
  if (DIGITS.test(b)) return 1;
  return compareAscii(a, b);
}

function compareDigits(a: string, b: string): number {
  return a.length - b.length || compareAscii(a, b);
}

function compareAscii(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function cut(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
