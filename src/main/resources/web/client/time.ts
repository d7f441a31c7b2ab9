/**
 * Orders two timestamps of the service. `Date` would drop the microseconds; all of them are UTC and differ in form only
 * by the fraction, whose trailing zeros are left out.
 */
export function compareTimestamps(a: string, b: string): number {
  const left = sortable(a);
  const right = sortable(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A form whose order as text is the order of time, for whoever sorts many. */
export function sortable(timestamp: string): string {
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?/.exec(timestamp);
  return match === null ? timestamp : `${match[1]}T${match[2]}.${(match[3] ?? "").padEnd(6, "0")}`;
}
