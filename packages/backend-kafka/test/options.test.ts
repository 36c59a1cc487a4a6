import { isMusterError } from "@muster/core/slots";
import { assert, describe, test } from "vitest";
import { type KafkaMessagingOptions, messagingSettingsOf } from "../src/options.ts";

function violationsOf(options: object): readonly string[] {
  try {
    messagingSettingsOf(options);
    return [];
  } catch (error) {
    if (!isMusterError(error, "CONFIG_INVALID")) throw error;
    return error.detail.violations.map(({ path }) => path);
  }
}

describe("what is told", () => {
  test("stands as it is, and the rest is what the README says", () => {
    const settings = messagingSettingsOf({});
    assert.deepEqual(settings.addresses, [{ host: "127.0.0.1", port: 9_092 }]);
    assert.deepEqual([settings.prefix, settings.partitions, settings.retentionMs], ["muster", 12, 3_600_000]);
    assert.deepEqual([settings.sasl, settings.compression], [undefined, "none"]);
  });

  test("a user and a password in an address are SASL PLAIN, and `sasl` is before them", () => {
    const url = "kafka://us%40er:p%3Ass@[::1]:1234";
    const { addresses, sasl } = messagingSettingsOf({ url });
    assert.deepEqual(addresses, [{ host: "::1", port: 1_234 }]);
    assert.deepEqual(sasl, { mechanism: "plain", username: "us@er", password: "p:ss" });
    const scram = { mechanism: "scram-sha-256", username: "a", password: "b" } as const;
    assert.deepEqual(messagingSettingsOf({ url, sasl: scram }).sasl, scram);
  });
});

describe("what can't be meant is CONFIG_INVALID and named", () => {
  const WRONG: readonly (readonly [path: keyof KafkaMessagingOptions | "brokers", value: unknown])[] = [
    ...["", "127.0.0.1:9092", "amqp://a", "kafka://", "kafka://%zz@a", 7, []].map((url) => ["url", url] as const),
    ...["", "a b", ".a", "a..b", "\u00e9", "p".repeat(65)].map((prefix) => ["prefix", prefix] as const),
    ...[0, 1.5, -1, "12", 10_001].map((partitions) => ["partitions", partitions] as const),
    ...[0, Number.NaN, Number.POSITIVE_INFINITY].map((retentionMs) => ["retentionMs", retentionMs] as const),
    ["replicationFactor", 0],
    ["compression", "br"],
    ["compression", "zstd"],
    ["connectTimeoutMs", 0],
    ["requestTimeoutMs", 2 ** 31],
    ["name", ""],
    ["sasl", "plain"],
    ["tls", true],
    ["socketFactory", {}],
    ["brokers", ["a:1"]],
  ];
  test.for(WRONG)("%s: %j", ([path, value]) => {
    assert.deepEqual(violationsOf({ [path]: value }), [path]);
  });
});
