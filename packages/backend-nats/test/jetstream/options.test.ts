import { isMusterError } from "@muster/core/slots";
import { assert, test } from "vitest";
import { settingsOf } from "../../src/jetstream/options.ts";

test("what isn't given is one replica on disk, of the server's own domain", () => {
  assert.deepEqual(settingsOf(), { replicas: 1, storage: "file", api: "$JS.API" });
  assert.deepEqual(settingsOf({ replicas: 3, domain: "hub" }), { replicas: 3, storage: "file", api: "$JS.hub.API" });
});

test("each option that can't be meant is named", () => {
  const options: object = { replicas: 0, storage: "tape", domain: "a.b", replica: 3 };
  try {
    settingsOf(options);
    assert.fail("it is taken");
  } catch (error) {
    assert.isTrue(isMusterError(error, "CONFIG_INVALID"));
    if (!isMusterError(error, "CONFIG_INVALID")) return;
    assert.deepEqual(
      error.detail.violations.map(({ path }) => path),
      ["jetstream.replica", "jetstream.replicas", "jetstream.storage", "jetstream.domain"],
    );
  }
});

test("replicas that can't be are none", () => {
  for (const replicas of [0, 6, 1.5, Number.NaN]) assert.throws(() => settingsOf({ replicas }), /jetstream\.replicas/);
});
