import type { Mutant } from "../../mutant.ts";
import { realGet, registryMutant, translated } from "./support.ts";

/** A registry that takes some identities for the same. */
function folding(
  about: { readonly id: string; readonly breaks: string; readonly kills: readonly [string, ...string[]] },
  fold: (identity: string) => string,
): Mutant {
  return registryMutant(about, (real) => translated(real, { identity: fold }));
}

export const identityMutants: readonly Mutant[] = [
  folding(
    {
      id: "identities-are-case-folded",
      breaks: "Identities are stored in lower case.",
      kills: ["registry/identities/case-matters", "registry/identities/quotes-and-escapes-are-letters"],
    },
    (identity) => identity.toLowerCase(),
  ),
  folding(
    {
      id: "identities-are-normalised",
      breaks: "Identities are stored in normal form C.",
      kills: ["registry/identities/normal-forms-are-different"],
    },
    (identity) => identity.normalize("NFC"),
  ),
  folding(
    {
      id: "identities-are-trimmed",
      breaks: "Spaces at the end of an identity don't count.",
      kills: ["registry/identities/spaces-count"],
    },
    (identity) => identity.replace(/(?<=.) +$/, ""),
  ),
  registryMutant(
    {
      id: "identities-are-patterns",
      breaks: "An identity that ends in a star finds whoever begins so.",
      kills: ["registry/identities/wildcards-are-letters"],
    },
    (real) => ({
      getMany: async (identities, call) =>
        Promise.all(
          identities.map(async (identity) => {
            if (!identity.endsWith("*")) return realGet(real, identity, call);
            for await (const page of real.scan({ pageSize: 100 }, call)) {
              const match = page.find((one) => one.identity.startsWith(identity.slice(0, -1)));
              if (match) return match;
            }
            return undefined;
          }),
        ),
    }),
  ),
  folding(
    {
      id: "percent-signs-are-decoded",
      breaks: "An identity that reads as percent-encoded is decoded.",
      kills: ["registry/identities/quotes-and-escapes-are-letters"],
    },
    (identity) =>
      identity.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  ),
  folding(
    {
      id: "identities-become-numbers",
      breaks: "An identity that reads as a number is stored as that number.",
      kills: ["registry/identities/numbers-are-text"],
    },
    (identity) =>
      /^[+-]?\d/.test(identity) && Number.isFinite(Number(identity)) ? String(Number(identity)) : identity,
  ),
  folding(
    {
      id: "identities-through-latin-1",
      breaks: "A character above the basic plane is cut to 16 bits.",
      kills: ["registry/identities/beyond-the-basic-plane"],
    },
    (identity) =>
      identity.replace(/[\u{10000}-\u{10ffff}]/gu, (one) => String.fromCharCode((one.codePointAt(0) ?? 0) & 0x7fff)),
  ),
  folding(
    {
      id: "identities-are-cut",
      breaks: "Identities that have the first 250 bytes in common are the same.",
      kills: ["registry/identities/as-long-as-promised"],
    },
    (identity) =>
      Buffer.from(identity)
        .subarray(0, 250)
        .toString("utf8")
        .replace(/\ufffd$/, ""),
  ),
];
