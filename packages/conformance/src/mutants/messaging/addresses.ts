/** Addresses that mean more, or less, than themselves. */

import { type Mutant, withMessaging } from "../../mutant.ts";
import { respelt } from "../support.ts";
import { spelling, withInboxes, withLooseAddresses, withMessages } from "./support.ts";

/** Of the namespaces that the kit makes; what a case appends to one stands behind. */
const NAMESPACE_LENGTH = 40;

function withSpelling(spell: (address: string) => string): Mutant["of"] {
  return (subject) => withMessaging(subject, (real) => spelling(real, spell, (address) => address));
}

/** As NATS reads a subject: `*` is one token, `>` all that follow. */
function matches(pattern: string, subject: string): boolean {
  const tokens = subject.split(".");
  const parts = pattern.split(".");
  return parts.every((part, index) => {
    if (part === ">") return tokens.length > index;
    if (index === parts.length - 1 && tokens.length > parts.length) return false;
    return part === "*" ? tokens[index] !== undefined : part === tokens[index];
  });
}

const wildcard: Mutant = {
  id: "messaging-address-as-wildcard",
  breaks: "An inbox on an address with * or > receives whatever that matches.",
  kills: ["messaging/address/no-pattern-receives", "messaging/address/any-text"],
  of: (subject) => withLooseAddresses(subject, (listening, published) => matches(listening, published)),
};

const broadcast: Mutant = {
  id: "messaging-address-as-broadcast",
  breaks: "A message to an address with * or > reaches every address that matches.",
  kills: ["messaging/address/no-pattern-publishes", "messaging/address/any-text"],
  of: (subject) => withLooseAddresses(subject, (listening, published) => matches(published, listening)),
};

const prefix: Mutant = {
  id: "messaging-address-prefix-match",
  breaks: "An inbox receives what is published to addresses that begin with its own.",
  kills: ["messaging/address/any-text"],
  of: (subject) => withLooseAddresses(subject, (listening, published) => published.startsWith(listening)),
};

const extension: Mutant = {
  id: "messaging-address-reached-by-its-beginning",
  breaks: "A message also reaches the addresses that begin with its own.",
  kills: ["messaging/address/no-prefix"],
  of: (subject) => withLooseAddresses(subject, (listening, published) => listening.startsWith(published)),
};

const folded: Mutant = {
  id: "messaging-address-case-folded",
  breaks: "Addresses that differ in case are the same.",
  kills: ["messaging/address/case-counts", "messaging/address/any-text"],
  of: withSpelling((address) => address.toLowerCase()),
};

const normalized: Mutant = {
  id: "messaging-address-normalized",
  breaks: "Addresses with the same Unicode normal form are the same.",
  kills: ["messaging/address/not-normalized", "messaging/address/any-text"],
  of: withSpelling((address) => address.normalize("NFKC")),
};

const flattened: Mutant = {
  id: "messaging-address-dots-flattened",
  breaks: "What a broker gives a meaning to becomes an underscore.",
  kills: ["messaging/address/any-text"],
  of: withSpelling((address) => address.replaceAll(/[.*>/ ]/g, "_")),
};

const shortened: Mutant = {
  id: "messaging-address-cut",
  breaks: "Addresses are the same when their first 126 characters are.",
  kills: ["messaging/address/longest"],
  of: withSpelling((address) => address.slice(0, 126)),
};

const oneNamespace: Mutant = {
  id: "messaging-namespace-leak",
  breaks: "Namespaces that begin alike are one.",
  kills: ["messaging/namespace/nothing-crosses"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      open: async (scope, call) => real.open({ ...scope, namespace: scope.namespace.slice(0, NAMESPACE_LENGTH) }, call),
    })),
};

/** Whatever a namespace adds to its first 40 characters stands before each address, up to the seam. */
function joinedBy(seam: string): Mutant["of"] {
  return (subject) =>
    withMessaging(subject, (real) => {
      let stem = "";
      return {
        open: async (scope, call) => {
          stem = `${scope.namespace}${seam}`.slice(NAMESPACE_LENGTH);
          await real.open({ ...scope, namespace: scope.namespace.slice(0, NAMESPACE_LENGTH) }, call);
        },
        ...spelling(
          real,
          (address) => stem + address,
          (address) => address.slice(stem.length),
        ),
      };
    });
}

const seam: Mutant = {
  id: "messaging-namespace-joined-by-a-dot",
  breaks: "Namespace and address are joined by a dot, which both may contain.",
  kills: ["messaging/namespace/no-seam"],
  of: joinedBy("."),
};

const dash: Mutant = {
  id: "messaging-namespace-joined-by-a-dash",
  breaks: "Namespace and address are joined by a dash, which both may contain.",
  kills: ["messaging/namespace/no-seam"],
  of: joinedBy("-"),
};

const respeltNamespaces: readonly Mutant[] = respelt.map(({ id, breaks, spell }) => ({
  id: `messaging-namespaces-${id}`,
  breaks,
  kills: ["messaging/namespace/pairwise-apart"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      open: async (scope, call) => real.open({ ...scope, namespace: spell(scope.namespace) }, call),
    })),
}));

/** As every backend has to see it. */
function isAddress(address: string): boolean {
  return address !== "" && Buffer.byteLength(address) <= 256 && !/\p{Cc}/u.test(address);
}

const unchecked: Mutant = {
  id: "messaging-address-unchecked",
  breaks: "A message to what is no address is accepted, and goes nowhere; such an address can be added.",
  kills: ["messaging/address/invalid-is-refused", "messaging/address/invalid-is-not-added"],
  of: (subject) =>
    withInboxes(
      withMessaging(subject, (real) => ({
        publishMany: async (batch, call) =>
          real.publishMany(
            batch.filter(({ address }) => isAddress(address)),
            call,
          ),
      })),
      (real) => ({ addMany: async (addresses, call) => real.addMany(addresses.filter(isAddress), call) }),
    ),
};

const mended: Mutant = {
  id: "messaging-address-mended",
  breaks:
    "Halves of surrogate pairs become the character that stands for what can't be read, and such an address is one.",
  kills: ["messaging/address/invalid-is-refused", "messaging/address/invalid-is-not-added"],
  of: (subject) => {
    const whole = (address: string): string => address.replaceAll(/\p{Cs}/gu, "\ufffd");
    return withInboxes(
      withMessages(subject, (one) => ({ ...one, address: whole(one.address) })),
      (real) => ({ addMany: async (addresses, call) => real.addMany(addresses.map(whole), call) }),
    );
  },
};

const checkedLate: Mutant = {
  id: "messaging-address-checked-late",
  breaks: "Addresses are looked at one by one, when the messages before have been sent.",
  kills: ["messaging/address/invalid-is-refused"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      async publishMany(batch, call) {
        const at = batch.findIndex(({ address }) => !isAddress(address));
        if (at >= 0) await real.publishMany(batch.slice(0, at), call);
        return real.publishMany(batch, call);
      },
    })),
};

const failsTogether: Mutant = {
  id: "messaging-address-fails-the-batch",
  breaks: "One invalid address keeps the others of its batch from being added.",
  kills: ["messaging/address/invalid-is-not-added"],
  of: (subject) =>
    withInboxes(subject, (real) => ({
      async addMany(addresses, call) {
        if (addresses.every(isAddress)) return real.addMany(addresses, call);
        return real.addMany(
          addresses.map((address) => (isAddress(address) ? "" : address)),
          call,
        );
      },
    })),
};

export const addressMutants: readonly Mutant[] = [
  ...[wildcard, broadcast, prefix, extension, folded, normalized],
  ...[flattened, shortened, oneNamespace, seam, dash],
  ...[unchecked, mended, checkedLate, failsTogether, ...respeltNamespaces],
];
