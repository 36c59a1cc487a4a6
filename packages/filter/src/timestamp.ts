const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const FIRST_MS = Date.parse("0001-01-01T00:00:00.000Z");
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * The one form timestamps are stored and compared in, `YYYY-MM-DDTHH:mm:ss.sssZ`, from RFC 3339 text with an offset, a
 * Date, or epoch ms. Finer digits are cut. `undefined` for anything else: no offset, a date alone, a leap second, a year
 * outside 0001–9999.
 */
export function parseTimestamp(value: unknown): string | undefined {
  const ms = epochMs(value);
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

/** As {@link parseTimestamp}, in epoch ms. */
export function epochMs(value: unknown): number | undefined {
  const ms = typeof value === "number" ? value : typeof value === "string" ? readText(value) : readDate(value);
  if (ms === undefined || !(ms >= FIRST_MS && ms < LAST_MS + 1)) return undefined;
  return Math.floor(ms) + 0;
}

function readText(text: string): number | undefined {
  const match = RFC_3339.exec(text);
  if (match === null) return undefined;
  const [, year = "", month = "", day = "", hour = "", minute = "", second = "", fraction = "", sign, ...offset] =
    match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const [offsetHours = 0, offsetMinutes = 0] = offset.map(Number);
  if (sign !== undefined && (offsetHours > 23 || offsetMinutes > 59)) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  date.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.padEnd(3, "0").slice(0, 3)));
  const offsetMs = sign === undefined ? 0 : (offsetHours * 60 + offsetMinutes) * 60_000;
  return date.getTime() - (sign === "-" ? -offsetMs : offsetMs);
}

function readDate(value: unknown): number | undefined {
  try {
    return Date.prototype.getTime.call(value);
  } catch {
    return undefined; // not a Date, or a proxy that pretends to be one
  }
}
