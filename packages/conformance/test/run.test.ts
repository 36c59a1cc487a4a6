import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { RegistryBackend } from "@muster/core/slots";
import { describe, expect, test } from "vitest";
import type { RegistryCase } from "../src/case.ts";
import { withRegistry } from "../src/mutant.ts";
import { type CaseOutcome, runCase, type RunCaseOptions } from "../src/run.ts";
import { entry } from "../src/cases/support.ts";
import { caseOf, memorySubject } from "./subjects.ts";

function runOn(one: RegistryCase, options: Partial<RunCaseOptions> = {}): Promise<CaseOutcome> {
  return runCase(memorySubject(), one, { seed: 1, ...options });
}

describe("a case", () => {
  test("passes when it doesn't throw, and fails with what it throws", async () => {
    const good = await runOn(caseOf({ run: async () => {} }));
    expect(good).toMatchObject({ id: "registry/test/case", status: "passed", seed: 1 });
    const boom = new Error("boom");
    const bad = await runOn(caseOf({ run: () => Promise.reject(boom) }));
    expect(bad).toMatchObject({ status: "failed", error: boom });
  });

  test("that does not apply is not run", async () => {
    const outcome = await runOn(caseOf({ applies: () => false, run: () => Promise.reject(new Error("it ran")) }));
    expect(outcome.status).toBe("skipped (not applicable)");
  });

  test("has a namespace that no other run has, and peers see it", async () => {
    const namespaces: string[] = [];
    const one = caseOf({
      run: async ({ namespace, backend, peer, call }) => {
        namespaces.push(namespace);
        await backend.setMany([entry("a")], call);
        const [seen] = await (await peer()).getMany(["a"], call);
        expect(seen?.identity).toBe("a");
      },
    });
    const subject = memorySubject();
    for (const seed of [1, 1]) expect((await runCase(subject, one, { seed })).error).toBeUndefined();
    expect(new Set(namespaces).size).toBe(2);
    for (const namespace of namespaces) expect(namespace).toMatch(/^[A-Za-z0-9_.-]{1,64}$/);
  });

  test("draws the same numbers with the same seed", async () => {
    const drawn: number[] = [];
    const one = caseOf({ run: async ({ random }) => void drawn.push(random()) });
    for (const seed of [7, 7, 8]) await runOn(one, { seed });
    expect(drawn[1]).toBe(drawn[0]);
    expect(drawn[2]).not.toBe(drawn[0]);
  });

  test("of a slot that the subject lacks fails", async () => {
    const { registry: _registry, ...others } = memorySubject();
    const { status, error } = await runCase(others, caseOf({}), { seed: 1 });
    expect(status).toBe("failed");
    expect(error?.message).toContain("memory has no registry");
  });
});

describe("behind a case, also one that failed,", () => {
  test("everything it got from its context is closed", async () => {
    const clients: RegistryBackend[] = [];
    const one = caseOf({
      run: async ({ backend, peer, fresh, call, namespace }) => {
        const opened = fresh();
        await opened.open({ namespace }, call);
        clients.push(backend, await peer(), opened);
        throw new Error("boom");
      },
    });
    expect((await runOn(one)).status).toBe("failed");
    expect(clients).toHaveLength(3);
    const call = { signal: new AbortController().signal };
    for (const client of clients) await expect(client.census(call)).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("its call has ended", async () => {
    let signal: AbortSignal | undefined;
    await runOn(caseOf({ run: async ({ call }) => void ({ signal } = call) }));
    expect(signal?.aborted).toBe(true);
  });

  test("a close that fails or hangs makes it fail", async () => {
    const boom = new Error("can't close");
    const failing = withRegistry(memorySubject(), () => ({ close: () => Promise.reject(boom) }));
    expect(await runCase(failing, caseOf({}), { seed: 1 })).toMatchObject({ status: "failed", error: boom });
    const hanging = withRegistry({ ...memorySubject(), patienceMs: 20 }, () => ({
      close: () => new Promise(() => {}),
    }));
    const { error } = await runCase(hanging, caseOf({}), { seed: 1 });
    expect(error?.message).toContain("close() has not ended after 20 ms");
  });

  test("a close that fails does not hide why it failed", async () => {
    const failing = withRegistry(memorySubject(), () => ({ close: () => Promise.reject(new Error("can't close")) }));
    const { error } = await runCase(failing, caseOf({ run: () => Promise.reject(new Error("boom")) }), { seed: 1 });
    expect(error?.message).toBe("boom; also: can't close");
  });
});

describe("a case that does not end", () => {
  test("fails at its deadline, with its call aborted and its clients closed", async () => {
    let signal: AbortSignal | undefined;
    let client: RegistryBackend | undefined;
    const one = caseOf({
      run: async ({ call, backend }) => {
        ({ signal } = call);
        client = backend;
        await new Promise(() => {});
      },
    });
    const { status, error } = await runOn(one, { deadlineMs: 20 });
    expect(status).toBe("failed");
    expect(error?.message).toBe("it has not ended after 20 ms");
    expect(signal?.aborted).toBe(true);
    await expect(client?.census({ signal: new AbortController().signal })).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("gets no new clients behind its end", async () => {
    let late: Promise<unknown> | undefined;
    const one = caseOf({
      run: async ({ call, peer }) => {
        late = once(call.signal, "abort")
          .then(() => wait(1))
          .then(() => peer());
        await late;
      },
    });
    await runOn(one, { deadlineMs: 20 });
    await expect(late).rejects.toThrow("the case has ended");
  });
});

describe("eventually", () => {
  test("asks until the probe no longer throws, and gives what it returned", async () => {
    let asked = 0;
    const one = caseOf({
      run: async ({ eventually }) => {
        const answer = await eventually(() => {
          asked += 1;
          if (asked < 4) throw new Error("not yet");
          return "now";
        });
        expect(answer).toBe("now");
      },
    });
    expect((await runOn(one)).error).toBeUndefined();
    expect(asked).toBe(4);
  });

  test("throws the last error when the subject's patience is over", async () => {
    let asked = 0;
    const probe = (): never => {
      asked += 1;
      throw new Error(`no ${asked}`);
    };
    const one = caseOf({ run: async ({ eventually }) => eventually(probe) });
    const { error } = await runCase({ ...memorySubject(), patienceMs: 20 }, one, { seed: 1 });
    expect(error?.message).toBe(`no ${asked}`);
    expect(asked).toBeGreaterThan(1);
  });
});
