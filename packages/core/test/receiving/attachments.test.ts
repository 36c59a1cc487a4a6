import fc from "fast-check";
import { expect, test } from "vitest";
import { Attachments } from "../../src/receiving/attachments.ts";
import type { Mailbox } from "../../src/receiving/mailbox.ts";
import type { Acknowledger } from "../../src/receiving/outcome.ts";
import { ReceivedContent } from "../../src/receiving/received-message.ts";

const CONTENT = new ReceivedContent({ id: "m-1", contentType: "text/plain", sentAt: 0, payload: new Uint8Array() });
const NAMES = ["a", "b", "c", "d", "e"];

type Step =
  | { readonly kind: "attach" | "detach"; readonly name: string; readonly epoch: number }
  | { readonly kind: "deliver"; readonly names: readonly string[]; readonly epoch: number };

/** Puts down who was handed what. */
function mailboxOf(owner: string, got: string[]): Mailbox {
  return {
    push: ({ identity, epoch }) => void got.push(`${owner}: ${identity}@${epoch}`),
    abandon: () => {},
    skip: () => {},
    close: async () => {},
  };
}

test("whatever came and went before, each message goes to whoever is attached under its identity and epoch", () => {
  const name = fc.constantFrom(...NAMES);
  const epoch = fc.integer({ min: 1, max: 3 });
  const step = fc.oneof(
    fc.record({ kind: fc.constantFrom<"attach" | "detach">("attach", "detach"), name, epoch }),
    fc.record({ kind: fc.constant<"deliver">("deliver"), names: fc.shuffledSubarray(NAMES), epoch }),
    fc.record({ kind: fc.constant<"deliver">("deliver"), names: fc.constant(NAMES), epoch }),
  );
  fc.assert(
    fc.property(fc.array<Step>(step, { maxLength: 60 }), (steps) => {
      const attachments = new Attachments();
      const standing = new Map<string, { readonly epoch: number; readonly owner: string }>();
      const [got, expected]: [string[], string[]] = [[], []];
      for (const [index, step] of steps.entries()) {
        if (step.kind === "deliver") {
          for (const name of step.names) {
            attachments.deliver(CONTENT, name, step.epoch);
            const owner = standing.get(name);
            if (owner?.epoch === step.epoch) expected.push(`${owner.owner}: ${name}@${step.epoch}`);
          }
        } else if (step.kind === "attach") {
          const owner = `mailbox ${index}`;
          attachments.expect(step.name).attach(step.epoch, mailboxOf(owner, got));
          if ((standing.get(step.name)?.epoch ?? 0) <= step.epoch)
            standing.set(step.name, { epoch: step.epoch, owner });
        } else {
          attachments.detach(step.name, step.epoch);
          if (standing.get(step.name)?.epoch === step.epoch) standing.delete(step.name);
        }
      }
      expect(got).toEqual(expected);
    }),
    { verbose: true, numRuns: 500 },
  );
});

test("after everything was cleared nobody is handed anything", () => {
  const attachments = new Attachments();
  const got: string[] = [];
  for (const name of NAMES) attachments.expect(name).attach(1, mailboxOf(name, got));
  for (const name of [...NAMES, ...NAMES]) attachments.deliver(CONTENT, name, 1);
  attachments.clear();
  for (const name of NAMES) attachments.deliver(CONTENT, name, 1);
  expect(got).toHaveLength(2 * NAMES.length);
});

/** Puts down how each of its messages was settled. */
function recorder(settled: string[]): Acknowledger {
  return { attempt: 1, settle: ({ place }, { as }) => void settled.push(`${place}: ${as}`) };
}

test("what is for nobody here is not taken, and neither is what is for another epoch", () => {
  const attachments = new Attachments();
  attachments.expect("a").attach(2, mailboxOf("a", []));
  const acknowledger = recorder([]);
  const taken = [1, 2].map((epoch) => attachments.deliver(CONTENT, "a", epoch, acknowledger, epoch));
  expect([attachments.deliver(CONTENT, "b", 1, acknowledger, 0), ...taken]).toEqual([false, false, true]);
});

test("a held message is settled as untried once no registration is left that it may be for", () => {
  const attachments = new Attachments();
  const [settled, got]: [string[], string[]] = [[], []];
  const expectations = [attachments.expect("a"), attachments.expect("a")] as const;
  for (const epoch of [1, 2, 3]) attachments.deliver(CONTENT, "a", epoch, recorder(settled), epoch);
  expectations[0].attach(2, mailboxOf("first", got));
  expect([settled, got]).toEqual([[], ["first: a@2"]]);
  expectations[1].cancel();
  expect([settled, got]).toEqual([["1: untried", "3: untried"], ["first: a@2"]]);
});

test("of more messages than are held for one identity the oldest are settled as untried", () => {
  const attachments = new Attachments();
  const settled: string[] = [];
  const expectation = attachments.expect("a");
  for (let place = 0; place < 1_002; place += 1) attachments.deliver(CONTENT, "a", 1, recorder(settled), place);
  expect(settled).toEqual(["0: untried", "1: untried"]);
  attachments.clear();
  expect(settled).toHaveLength(1_002);
  expectation.cancel();
  expect(settled).toHaveLength(1_002);
});
